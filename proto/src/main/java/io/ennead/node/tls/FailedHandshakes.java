package io.ennead.node.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;

/**
 * In the pipeline of a listening channel: counts the connections that ended before their TLS
 * handshake did, whatever the reason was. Runs on the transport's threads.
 */
@Sharable
public final class FailedHandshakes extends ChannelInboundHandlerAdapter {
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
      }
      context.fireChannelInactive();
    }
  }
}
