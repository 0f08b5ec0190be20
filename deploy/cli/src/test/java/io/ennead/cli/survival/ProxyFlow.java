package io.ennead.cli.survival;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One direction of a connection. One thread reads and says when each chunk is due; another one
 * writes them when they are. So latency delays without taking bandwidth. At most {@value #CHUNKS}
 * chunks of {@value #CHUNK_BYTES} bytes are on the way.
 */
final class ProxyFlow {
  private static final int CHUNK_BYTES = 16 << 10;
  private static final int CHUNKS = 256;
  private static final byte[] END = {};

  private final ProxyConnection connection;
  private final Direction direction;
  private final Socket from;
  private final Socket to;
  private final Random random;
  private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(CHUNKS);
  private final Thread reader;
  private final Thread writer;
  private long passed; // the writer's

  private record Chunk(byte[] bytes, long dueNanos) {}

  ProxyFlow(ProxyConnection connection, Direction direction, Socket from, Socket to, long seed) {
    this.connection = connection;
    this.direction = direction;
    this.from = from;
    this.to = to;
    this.random = new Random(seed); // used by both threads, which Random allows
    String name = "proxy-" + connection.number() + "-" + direction;
    this.reader = FaultProxy.daemon(name + "-reader", this::readAll);
    this.writer = FaultProxy.daemon(name + "-writer", this::writeAll);
  }

  void start() {
    reader.start();
    writer.start();
  }

  private void readAll() {
    byte[] buffer = new byte[CHUNK_BYTES];
    try {
      int length = from.getInputStream().read(buffer);
      while (length >= 0) {
        chunks.put(new Chunk(Arrays.copyOf(buffer, length), due()));
        length = from.getInputStream().read(buffer);
      }
      chunks.put(new Chunk(END, due()));
    } catch (IOException e) {
      connection.close();
      writer.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long due() {
    return System.nanoTime() + active(Toxic.Latency.class).mapToLong(this::nanos).sum();
  }

  private long nanos(Toxic.Latency latency) {
    double part = 2 * random.nextDouble() - 1;
    return Math.max(0, latency.latency().toNanos() + (long) (part * latency.jitter().toNanos()));
  }

  private void writeAll() {
    try {
      Chunk chunk = chunks.take();
      while (chunk.bytes() != END) {
        sleep(chunk.dueNanos() - System.nanoTime());
        write(chunk.bytes());
        chunk = chunks.take();
      }
      sleep(chunk.dueNanos() - System.nanoTime());
      end();
    } catch (IOException e) {
      connection.close();
      reader.interrupt(); // it may wait for room
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(byte[] bytes) throws IOException, InterruptedException {
    for (int begin = 0; begin < bytes.length; ) {
      if (active(Toxic.Timeout.class).findAny().isPresent()) {
        return;
      }
      List<Toxic.Slicer> slicers = active(Toxic.Slicer.class).toList();
      int length = allowed(Math.min(bytes.length - begin, slice(slicers)));
      to.getOutputStream().write(bytes, begin, length);
      begin += length;
      passed += length;
      closeAtLimit();
      pause(length, slicers);
    }
  }

  private int slice(List<Toxic.Slicer> slicers) {
    return slicers.stream()
        .mapToInt(
            s -> s.averageSize() + random.nextInt(2 * s.sizeVariation() + 1) - s.sizeVariation())
        .map(size -> Math.max(1, size))
        .min()
        .orElse(CHUNK_BYTES);
  }

  private int allowed(int length) {
    long left = limit() - passed;
    return (int) Math.max(0, Math.min(length, left));
  }

  private long limit() {
    return active(Toxic.LimitData.class)
        .mapToLong(Toxic.LimitData::bytes)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private void closeAtLimit() throws IOException {
    if (passed >= limit()) {
      to.getOutputStream().flush();
      throw new IOException("limit of data reached");
    }
  }

  /** After what was written: the slicers' pause, and the time that the bytes take. */
  private void pause(int length, List<Toxic.Slicer> slicers) throws InterruptedException {
    long nanos = slicers.stream().map(Toxic.Slicer::delay).mapToLong(Duration::toNanos).sum();
    nanos +=
        active(Toxic.Bandwidth.class)
            .mapToLong(rate -> TimeUnit.SECONDS.toNanos(length) / rate.bytesPerSecond())
            .sum();
    sleep(nanos);
  }

  private void end() throws IOException, InterruptedException {
    if (active(Toxic.Timeout.class).findAny().isPresent()) {
      return; // a black hole swallows the end, too
    }
    sleep(
        active(Toxic.SlowClose.class)
            .map(Toxic.SlowClose::delay)
            .mapToLong(Duration::toNanos)
            .max()
            .orElse(0));
    to.shutdownOutput();
    connection.flowEnded();
  }

  private static void sleep(long nanos) throws InterruptedException {
    if (nanos > 0) {
      TimeUnit.NANOSECONDS.sleep(nanos);
    }
  }

  private <T extends Toxic> Stream<T> active(Class<T> kind) {
    return connection.proxy().toxics(direction, connection.number()).stream()
        .filter(kind::isInstance)
        .map(kind::cast);
  }
}
