package io.ennead.router.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.node.http.Answer;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.StreamedAnswer;
import org.jspecify.annotations.Nullable;

/** A browser that follows the feed by server-sent events. Used by the feed's thread. */
final class StreamWatcher implements Watcher {
  /** More than a snapshot of a large model; whoever has not read so much is behind. */
  private static final long MOST_UNREAD = 512 << 10;

  private final Exchange exchange;
  private volatile @Nullable StreamedAnswer stream;

  StreamWatcher(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public boolean ready() {
    StreamedAnswer begun = stream;
    return begun == null || begun.unread() < MOST_UNREAD;
  }

  @Override
  public void send(String event, String json) {
    begun().send("event: %s\ndata: %s\n\n".formatted(event, json).getBytes(UTF_8));
  }

  private StreamedAnswer begun() {
    StreamedAnswer begun = stream;
    if (begun == null) {
      begun = exchange.stream(Answer.events());
      stream = begun;
    }
    return begun;
  }

  @Override
  public void close() {
    StreamedAnswer begun = stream;
    if (begun != null) {
      begun.end();
    }
  }
}
