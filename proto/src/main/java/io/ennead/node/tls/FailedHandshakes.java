package io.ennead.node.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * In the pipeline of a listening channel: counts the connections that ended before their TLS
 * handshake did, whatever the reason was, and logs it at debug level, for anybody can make them
 * fail. Runs on the transport's threads.
 */
@Sharable
public final class FailedHandshakes extends ChannelInboundHandlerAdapter {
  private static final Logger logger = LoggerFactory.getLogger(FailedHandshakes.class);

  private final Ended ended;

  /** Calls an action for each of them. */
  public FailedHandshakes(Runnable count) {
    this.ended = new Ended(count);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Channel accepted) {
      accepted.pipeline().addFirst(ended);
    }
    context.fireChannelRead(message);
  }

  @Sharable
  private static final class Ended extends ChannelInboundHandlerAdapter {
    private final Runnable count;

    Ended(Runnable count) {
      this.count = count;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      SslHandler tls = context.pipeline().get(SslHandler.class);
      if (tls == null || !tls.handshakeFuture().isSuccess()) {
        count.run();
        logger.debug(
            "no handshake with {}: {}",
            context.channel().remoteAddress(),
            tls == null ? "none begun" : tls.handshakeFuture().cause());
      }
      context.fireChannelInactive();
    }
  }
}
