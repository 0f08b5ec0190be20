package io.ennead.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.node.http.Exchange.Gone;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** On a channel whose time stands still, so that what is to come can be asked for. */
class OutboundTest {
  private static final Duration STALL = Duration.ofSeconds(30);
  private static final long NOTHING = -1;

  private final List<String> heard = new ArrayList<>();
  private final Slow slow = new Slow();
  private final EmbeddedChannel channel = new EmbeddedChannel(slow);
  private final Outbound outbound =
      new Outbound(
          channel,
          new HttpLimits(1, 1, 1, 1 << 10, 1, STALL, STALL, 1 << 20, STALL),
          false,
          false,
          Map.of(),
          new Outbound.Listener() {
            @Override
            public void begun(int status) {
              heard.add("begun " + status);
            }

            @Override
            public void ended(boolean keepAlive) {
              heard.add("ended " + keepAlive);
            }

            @Override
            public void cut(Gone why) {
              heard.add("cut " + why);
            }
          });

  OutboundTest() {
    channel.freezeTime();
  }

  /** The network: what it has not taken is not written. */
  private static final class Slow extends ChannelOutboundHandlerAdapter {
    private final List<ChannelPromise> waiting = new ArrayList<>();
    private boolean takes = true;

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
      if (takes) {
        promise.setSuccess();
      } else {
        waiting.add(promise);
      }
    }
  }

  /** Nanoseconds until the next thing that the channel is to do. */
  private long toCome() {
    channel.runPendingTasks();
    return channel.runScheduledPendingTasks();
  }

  @Test
  void whatIsWrittenAtOnceIsNotWatched() {
    outbound.whole(Answer.text(200, "ok"));

    assertThat(toCome()).isEqualTo(NOTHING);
    assertThat(heard).containsExactly("begun 200", "ended true");
  }

  @Test
  void whatIsUnwrittenIsWatchedUntilTheAnswerEnds() {
    slow.takes = false;
    outbound.whole(Answer.text(200, "ok"));
    assertThat(toCome()).isEqualTo(STALL.toNanos());

    slow.waiting.forEach(ChannelPromise::setSuccess);
    assertThat(toCome()).isEqualTo(NOTHING);
    assertThat(heard).containsExactly("begun 200", "ended true");
  }

  @Test
  void aStreamThatIsReadIsNotWatched() {
    slow.takes = false;
    outbound.begin(Answer.events());
    assertThat(toCome()).isEqualTo(STALL.toNanos());

    slow.waiting.forEach(ChannelPromise::setSuccess);
    assertThat(toCome()).isEqualTo(NOTHING);
    assertThat(heard).containsExactly("begun 200");
  }

  @Test
  void whatCannotBeWrittenIsNotWatched() {
    slow.takes = false;
    outbound.begin(Answer.events());
    assertThat(toCome()).isEqualTo(STALL.toNanos());

    slow.waiting.forEach(promise -> promise.setFailure(new IOException("reset")));
    assertThat(toCome()).isEqualTo(NOTHING);
  }
}
