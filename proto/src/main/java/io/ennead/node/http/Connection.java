package io.ennead.node.http;

import io.ennead.access.Certified;
import io.ennead.node.http.Exchange.Gone;
import io.ennead.node.tls.CertificateRoles;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: requests are read, checked and answered one after the other. Reads are asked for
 * one by one, so that a client is read only as fast as it is served; while a request is answered
 * one more is asked for, which sees the client leave. Used by the connection's own thread.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger logger = LoggerFactory.getLogger(Connection.class);

  // A client that stays learns of new certificates.
  private static final Duration MAX_AGE = Duration.ofMinutes(30);
  private static final int LEFT_BEFORE_ANSWER = 499;

  private final HttpService service;
  private final long openedNanos = System.nanoTime();
  private Certified certificate = Certified.NONE;
  private Phase phase = Phase.READING;
  private @Nullable Arriving arriving;
  private @Nullable Answering answering;
  private @Nullable HttpObject next;
  private @Nullable Future<?> deadline;
  private boolean discarded;
  private boolean asked;

  private enum Phase {
    /** The client's turn. */
    READING,
    /** Ours. */
    ANSWERING,
    /** What comes is of a request that was refused, and the connection ends with its answer. */
    DISCARDING
  }

  /** A connection to a server. */
  Connection(HttpService service) {
    this.service = service;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    within(context, service.limits().arrival());
    ask(context);
  }

  private void ask(ChannelHandlerContext context) {
    asked = true;
    context.read();
  }

  /** A read that has given nothing is over: what was asked for must be asked for again. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (asked) {
      context.read();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
      SslHandler tls = context.pipeline().get(SslHandler.class);
      certificate = CertificateRoles.of(tls.engine().getSession());
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    asked = false;
    HttpObject object = (HttpObject) message;
    if (phase == Phase.ANSWERING) {
      next = object; // and nothing is read after it
    } else {
      take(context, object);
    }
  }

  private void take(ChannelHandlerContext context, HttpObject object) {
    try {
      if (phase == Phase.DISCARDING) {
        discard(context, object);
      } else if (object.decoderResult().isFailure()) {
        refuseUnreadable(context, object.decoderResult().cause());
      } else {
        read(context, object);
      }
    } finally {
      ReferenceCountUtil.release(object);
    }
    ask(context);
  }

  private void read(ChannelHandlerContext context, HttpObject object) {
    if (object instanceof HttpRequest head) {
      begin(context, head);
    }
    if (object instanceof HttpContent content && phase == Phase.READING) {
      add(context, content);
    }
  }

  private void discard(ChannelHandlerContext context, HttpObject object) {
    discarded |= object instanceof LastHttpContent;
    if (discarded && answering == null) {
      context.close();
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest head) {
    Arriving request = new Arriving(Request.of(head, certificate), service);
    request.judge();
    arriving = request;
    within(context, service.limits().arrival());
    if (request.early().isPresent() && request.hasBody()) {
      refuseEarly(context, request);
    } else if (request.waits()) {
      context.writeAndFlush(
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
  }

  private void add(ChannelHandlerContext context, HttpContent content) {
    Arriving request = arriving;
    if (request == null) {
      return;
    }
    request.add(content.content());
    if (content instanceof LastHttpContent) {
      phase = Phase.ANSWERING;
      stopClock();
      answer(context, request, mayStay(request));
    } else if (request.early().isPresent()) {
      refuseEarly(context, request);
    }
  }

  private boolean mayStay(Arriving request) {
    return request.keepsAlive()
        && !service.draining()
        && System.nanoTime() - openedNanos < MAX_AGE.toNanos();
  }

  // Read on: a connection that is closed with something unread is reset, and the answer lost.
  private void refuseEarly(ChannelHandlerContext context, Arriving request) {
    phase = Phase.DISCARDING;
    within(context, service.limits().arrival());
    answer(context, request, false);
  }

  private void refuseUnreadable(ChannelHandlerContext context, @Nullable Throwable why) {
    forgetArriving();
    Arriving request = new Arriving(Request.unreadable(), service);
    request.refuse(Arriving.unreadable(why));
    refuseEarly(context, request);
  }

  private void answer(ChannelHandlerContext context, Arriving request, boolean stay) {
    arriving = null;
    Answering answer = new Answering(context, request, stay);
    answering = answer;
    answer.begin(request);
  }

  /** The answer that is being given. */
  private final class Answering implements Outbound.Listener {
    private final ChannelHandlerContext context;
    private final Exchange exchange;
    private final String route;
    private final long startedNanos;
    private final AtomicInteger held;
    private boolean handled;
    private boolean complete;
    private int status = LEFT_BEFORE_ANSWER;

    Answering(ChannelHandlerContext context, Arriving request, boolean stay) {
      this.context = context;
      this.route = request.route().map(Route::path).orElse("other");
      this.startedNanos = request.startedNanos();
      this.held = new AtomicInteger(request.held());
      Request arrived = request.arrived();
      this.exchange =
          new Exchange(
              arrived,
              new Outbound(
                  context.channel(),
                  service.limits(),
                  request.oldClient(),
                  !stay,
                  service.guard().headers(arrived),
                  this),
              service::make,
              this::giveBack);
    }

    void begin(Arriving request) {
      if (request.early().isPresent()) {
        exchange.answer(request.early().get());
        return;
      }
      handled = true;
      service.handle(request.route().orElseThrow().handler(), exchange);
    }

    /** By the handler's thread, or when the answer ends without one. */
    private void giveBack() {
      service.giveBack(held.getAndSet(0));
    }

    @Override
    public void begun(int written) {
      status = written;
    }

    @Override
    public void ended(boolean keepAlive) {
      if (!complete) {
        complete();
        Connection.this.ended(context, keepAlive);
      }
    }

    @Override
    public void cut(Gone why) {
      gone(why);
      context.close();
    }

    void gone(Gone why) {
      if (!complete) {
        complete();
        exchange.leave(why);
      }
    }

    private void complete() {
      complete = true;
      answering = null;
      if (handled) {
        service.done();
      } else {
        giveBack();
      }
      Duration time = Duration.ofNanos(System.nanoTime() - startedNanos);
      service.observer().answered(route, status, time);
    }
  }

  private void ended(ChannelHandlerContext context, boolean keepAlive) {
    if (phase == Phase.DISCARDING) {
      if (discarded) {
        context.close();
      }
    } else if (!keepAlive || service.draining()) {
      context.close();
    } else {
      phase = Phase.READING;
      within(context, service.limits().idle());
      context.executor().execute(() -> takeNext(context)); // answers in a row are no recursion
    }
  }

  private void takeNext(ChannelHandlerContext context) {
    HttpObject waiting = next;
    if (waiting != null && context.channel().isActive()) {
      next = null;
      take(context, waiting);
    }
  }

  /** Ends a connection that has nothing to do; another one ends with what it is doing. */
  void drain(ChannelHandlerContext context) {
    if (phase == Phase.READING && arriving == null && next == null) {
      context.close();
    }
  }

  /** Ends the connection, whatever it is doing. */
  void end(ChannelHandlerContext context) {
    Answering current = answering;
    if (current != null) {
      current.cut(Gone.CLOSING);
    }
    context.close();
  }

  private void within(ChannelHandlerContext context, Duration time) {
    stopClock();
    deadline =
        context.executor().schedule(() -> context.close(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void stopClock() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  private void forgetArriving() {
    if (arriving != null) {
      service.giveBack(arriving.held());
      arriving = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopClock();
    forgetArriving();
    ReferenceCountUtil.release(next);
    next = null;
    Answering current = answering;
    if (current != null) {
      current.gone(Gone.LEFT);
    }
    context.fireChannelInactive();
  }

  /** Resets, failed handshakes and the like: the client's doing, and FailedHandshakes counts. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    logger.debug("connection ended by an error", cause);
    context.close();
  }
}
