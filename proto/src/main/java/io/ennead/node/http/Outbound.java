package io.ennead.node.http;

import io.ennead.node.http.Exchange.Gone;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way through a connection. Any thread may give something; all of it is written
 * by the connection's own, in the order it was given. What is unread is counted in bytes, and while
 * there is any a watch sees whether it moves.
 */
final class Outbound {
  /** A reader is known to read when it has taken so much. */
  private static final int PIECE = 64 << 10;

  private final Channel channel;
  private final HttpLimits limits;
  private final boolean oldClient;
  private final boolean close;
  private final Map<String, String> headers;
  private final Listener listener;
  private final AtomicLong unread = new AtomicLong();

  // Of the connection's thread alone.
  private boolean begun;
  private boolean ended;
  private @Nullable Future<?> looking;
  private int unwritten;
  private long movedNanos;
  private boolean closing;

  /** Who wants to know what becomes of an answer; called on the connection's thread. */
  interface Listener {
    /** The head has been written. */
    void begun(int status);

    /** Everything has been written. */
    void ended(boolean keepAlive);

    /** The client is to be cut off. */
    void cut(Gone why);
  }

  /**
   * An answer that has not begun.
   *
   * @param oldClient whether it speaks HTTP/1.0, and knows no chunks
   * @param close whether the connection ends with the answer
   * @param headers of any answer
   */
  Outbound(
      Channel channel,
      HttpLimits limits,
      boolean oldClient,
      boolean close,
      Map<String, String> headers,
      Listener listener) {
    this.channel = channel;
    this.limits = limits;
    this.oldClient = oldClient;
    this.close = close;
    this.headers = headers;
    this.listener = listener;
  }

  void whole(Answer answer) {
    run(
        () -> {
          if (begin(answer, false)) {
            pieces(answer.body(), written -> {});
            finish();
          }
        });
  }

  void begin(Answer head) {
    run(() -> begin(head, true));
  }

  void part(byte[] bytes) {
    if (bytes.length == 0) {
      return; // an empty chunk would end the answer
    }
    if (unread.addAndGet(bytes.length) > limits.unreadBytes()) {
      unread.addAndGet(-bytes.length);
      run(() -> listener.cut(Gone.OVERFLOW));
      return;
    }
    run(
        () -> {
          if (begun && !ended) {
            pieces(bytes, written -> unread.addAndGet(-written));
            flush();
          }
        });
  }

  void end() {
    run(
        () -> {
          if (begun && !ended) {
            finish();
          }
        });
  }

  long unread() {
    return unread.get();
  }

  private void run(Runnable action) {
    try {
      channel.eventLoop().execute(action);
    } catch (RejectedExecutionException e) {
      return; // the server has closed, and every connection with it
    }
  }

  private boolean begin(Answer answer, boolean stream) {
    if (begun || !channel.isActive()) {
      return false;
    }
    begun = true;
    closing = close || (stream && oldClient); // without chunks it is the end of the stream
    write(head(answer, stream), written -> {});
    listener.begun(answer.status());
    if (stream) {
      flush();
    }
    return true;
  }

  private HttpResponse head(Answer answer, boolean stream) {
    HttpResponse head =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
    headers.forEach(head.headers()::set);
    answer.headers().forEach(head.headers()::set);
    head.headers().set(HttpHeaderNames.DATE, DateFormatter.format(new Date()));
    if (stream && !oldClient) {
      head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    } else if (!stream) {
      head.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    }
    if (closing) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (oldClient) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
    return head;
  }

  private void pieces(byte[] bytes, IntConsumer written) {
    for (int at = 0; at < bytes.length; at += PIECE) {
      int length = Math.min(PIECE, bytes.length - at);
      var piece = new DefaultHttpContent(Unpooled.wrappedBuffer(bytes, at, length));
      write(piece, done -> written.accept(length));
    }
  }

  private void finish() {
    ended = true;
    write(LastHttpContent.EMPTY_LAST_CONTENT, done -> listener.ended(!closing && done.isSuccess()));
    flush();
  }

  private void write(HttpObject object, Consumer<Future<?>> written) {
    unwritten++;
    if (unwritten == 1) {
      movedNanos = System.nanoTime();
    }
    channel
        .write(object)
        .addListener(
            done -> {
              unwritten--;
              movedNanos = System.nanoTime();
              if (unwritten == 0) {
                stopLooking();
              }
              written.accept(done);
            });
  }

  /** Most of what is given is written at once, and leaves nothing to watch. */
  private void flush() {
    channel.flush();
    if (looking == null && unwritten > 0) {
      lookIn(limits.stall().toNanos());
    }
  }

  private void lookIn(long nanos) {
    looking = channel.eventLoop().schedule(this::look, nanos, TimeUnit.NANOSECONDS);
  }

  /** A look to come holds the answer, and with it the request. */
  private void stopLooking() {
    if (looking != null) {
      looking.cancel(false);
      looking = null;
    }
  }

  private void look() {
    looking = null;
    long left = movedNanos + limits.stall().toNanos() - System.nanoTime();
    if (left > 0) {
      lookIn(left);
    } else {
      listener.cut(Gone.STALLED);
    }
  }
}
