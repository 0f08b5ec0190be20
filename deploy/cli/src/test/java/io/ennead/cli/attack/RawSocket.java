package io.ennead.cli.attack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A TCP connection to a port of this machine that sends any bytes and bounds every wait. While it
 * waits to send, it reads what comes, so that a server that answers is not held up, unless {@link
 * #stopReading} was called.
 *
 * <p>Used by one thread, which closes it.
 */
final class RawSocket implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final Consumer<ByteBuffer> received;
  private final ByteBuffer in = ByteBuffer.allocate(4096);
  private boolean reading = true;
  private boolean open = true;

  private RawSocket(SocketChannel channel, Consumer<ByteBuffer> received) throws IOException {
    this.channel = channel;
    this.received = received;
    selector = Selector.open();
    channel.configureBlocking(false);
    key = channel.register(selector, SelectionKey.OP_READ);
  }

  /**
   * Connects.
   *
   * @param received sees the bytes that the server sends, in order
   */
  static RawSocket connect(int port, Consumer<ByteBuffer> received) {
    try {
      SocketChannel channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.SO_RCVBUF, 8192);
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return new RawSocket(channel, received);
    } catch (IOException e) {
      throw new UncheckedIOException("port " + port, e);
    }
  }

  /** From now on the server's bytes stay where they are. */
  void stopReading() {
    reading = false;
  }

  /** Sends all bytes; false when the server closes the connection before that. */
  boolean send(ByteBuffer bytes) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (open && bytes.hasRemaining()) {
      await(SelectionKey.OP_WRITE, end);
      write(bytes);
    }
    return open;
  }

  /** Sends all bytes; false when the server closes the connection before that. */
  boolean send(byte[] bytes) {
    return send(ByteBuffer.wrap(bytes));
  }

  /** Reads until the server closes the connection. */
  void awaitClosed() {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (open) {
      await(SelectionKey.OP_READ, end);
    }
  }

  /** Reads for a moment, without knowing whether anything comes. */
  void readFor(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (open && System.nanoTime() < end) {
      select(SelectionKey.OP_READ, end - System.nanoTime());
    }
  }

  /** Whether the server has not been seen closing the connection. */
  boolean open() {
    return open;
  }

  private void await(int operation, long end) {
    long left = end - System.nanoTime();
    if (left <= 0) {
      throw new AssertionError("the server neither reads, answers nor closes for " + LIMIT);
    }
    select(operation, left);
  }

  private void select(int operation, long nanos) {
    try {
      key.interestOps(reading ? operation | SelectionKey.OP_READ : operation);
      selector.select(ready -> read(), Math.max(1, Math.min(nanos / 1_000_000, 1000)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try {
      while (open && reading && key.isReadable()) {
        int bytes = channel.read(in.clear());
        open = bytes >= 0;
        received.accept(in.flip());
        if (bytes <= 0) {
          return;
        }
      }
    } catch (IOException e) {
      open = false; // reset: the other way of closing
    }
  }

  private void write(ByteBuffer bytes) {
    try {
      if (open && key.isWritable()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      open = false;
    }
  }

  @Override
  public void close() {
    try {
      selector.close();
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
