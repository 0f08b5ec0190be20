package io.ennead.cli.attack;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * An HTTP/2 client that sends hand-made frames, legal or not, over one connection (RFC 9113).
 * Lengths, flags, stream ids and payloads are what the caller says; nothing is checked or answered.
 *
 * <p>Used by one thread, which closes it.
 */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  /** Error code of GOAWAY and RST_STREAM. */
  static final int ENHANCE_YOUR_CALM = 11;

  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final FrameCounter received = new FrameCounter();
  private final RawSocket socket;

  // Never adds to the table, so that blocks stand alone: the server's state is the attack's own.
  private final Http2HeadersEncoder encoder =
      new DefaultHttp2HeadersEncoder((name, value) -> true, false);

  private RawHttp2(int port) {
    socket = RawSocket.connect(port, received::accept);
  }

  /** A TCP connection; nothing is sent yet. */
  static RawHttp2 connect(int port) {
    return new RawHttp2(port);
  }

  /** A connection that has sent the preface and these SETTINGS: pairs of id and value. */
  static RawHttp2 open(int port, long... settings) {
    RawHttp2 http2 = connect(port);
    http2.send(PREFACE);
    http2.frame(SETTINGS, 0, 0, settings(settings));
    return http2;
  }

  /** The frames that have come. */
  FrameCounter received() {
    return received;
  }

  RawSocket socket() {
    return socket;
  }

  /** Sends bytes outside of any frame; false when the server has closed the connection. */
  boolean send(byte[] bytes) {
    return socket.send(bytes);
  }

  /** Sends a frame; false when the server has closed the connection. */
  boolean frame(int type, int flags, int stream, byte[] payload) {
    return send(frameBytes(type, flags, stream, payload.length, payload));
  }

  /** Sends one frame many times, in pieces of some size; false when the server closes. */
  boolean flood(int times, int type, int flags, int stream, byte[] payload) {
    byte[] one = frameBytes(type, flags, stream, payload.length, payload);
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      many.writeBytes(one);
      if (many.size() > 1 << 16 || i == times - 1) {
        if (!send(many.toByteArray())) {
          return false;
        }
        many.reset();
      }
    }
    return true;
  }

  /** A frame that may lie about the length of its payload. */
  static byte[] frameBytes(int type, int flags, int stream, int length, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (length >>> 16)).putShort((short) length);
    frame.put((byte) type).put((byte) flags).putInt(stream);
    return frame.put(payload).array();
  }

  /** The payload of SETTINGS. */
  static byte[] settings(long... pairs) {
    ByteBuffer payload = ByteBuffer.allocate(pairs.length * 3);
    for (int i = 0; i < pairs.length; i += 2) {
      payload.putShort((short) pairs[i]).putInt((int) pairs[i + 1]);
    }
    return payload.array();
  }

  /** The payload of frames that hold one number. */
  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** A gRPC message as DATA holds it. */
  static byte[] message(byte[] bytes) {
    return prefixed(0, bytes.length, bytes);
  }

  /** A gRPC message that may lie about its compression and its length. */
  static byte[] prefixed(int compressed, int length, byte[] bytes) {
    return ByteBuffer.allocate(5 + bytes.length)
        .put((byte) compressed)
        .putInt(length)
        .put(bytes)
        .array();
  }

  /** The header block of a call, and of more headers: pairs of name and value. */
  byte[] call(String method, String... more) {
    Http2Headers headers =
        new DefaultHttp2Headers(false)
            .method("POST")
            .scheme("http")
            .path("/" + method)
            .authority("localhost")
            .add("content-type", "application/grpc")
            .add("te", "trailers");
    for (int i = 0; i < more.length; i += 2) {
      headers.set(more[i], more[i + 1]);
    }
    return block(headers);
  }

  private byte[] block(Http2Headers headers) {
    ByteBuf out = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, headers, out);
      byte[] block = new byte[out.readableBytes()];
      out.readBytes(block);
      return block;
    } catch (Http2Exception e) {
      throw new IllegalArgumentException(e);
    } finally {
      out.release();
    }
  }

  /** Sends the headers of a call on a stream, and leaves the stream open. */
  boolean start(int stream, String method, String... more) {
    return frame(HEADERS, END_HEADERS, stream, call(method, more));
  }

  /** Sends a whole unary or server-streaming call. */
  boolean request(int stream, String method, byte[] message, String... more) {
    return start(stream, method, more) && frame(DATA, END_STREAM, stream, message(message));
  }

  /** Reads until there are so many frames of a type, or the server closes, or {@code limit}. */
  void readUntil(int type, int frames, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (socket.open() && received.count(type) < frames && System.nanoTime() < end) {
      socket.readFor(Duration.ofMillis(5));
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
