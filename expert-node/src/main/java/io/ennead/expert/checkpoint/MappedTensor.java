package io.ennead.expert.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.wire.FloatFormats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.MappedByteBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The bytes of one tensor, memory-mapped read-only in windows, since one mapping ends at 2 GiB. The
 * mapping counts as resident memory until {@link #close}.
 *
 * <p>Safe for use by several threads, one at a time: reading unmapped memory would end the process,
 * so {@link #close} waits for a read and later reads are refused.
 */
public final class MappedTensor implements AutoCloseable {
  /** Bytes per window: a multiple of every element's size, so no element lies across two. */
  private static final long WINDOW_BYTES = 1L << 30;

  private final TensorInfo info;

  @GuardedBy("this")
  private final List<MappedByteBuffer> windows;

  @GuardedBy("this")
  private boolean closed;

  private MappedTensor(TensorInfo info, List<MappedByteBuffer> windows) {
    this.info = info;
    this.windows = windows;
  }

  static MappedTensor open(TensorInfo info) {
    try (FileChannel channel = FileChannel.open(info.file(), StandardOpenOption.READ)) {
      if (channel.size() < info.end()) {
        throw ModelFormatException.of(
            info.file(),
            "tensor " + info.name() + ": truncated file, bytes",
            channel.size(),
            "at least " + info.end());
      }
      return new MappedTensor(info, mapWindows(channel, info));
    } catch (IOException e) {
      throw new UncheckedIOException(info.file() + " cannot be mapped", e);
    }
  }

  private static List<MappedByteBuffer> mapWindows(FileChannel channel, TensorInfo info)
      throws IOException {
    List<MappedByteBuffer> windows = new ArrayList<>();
    try {
      for (long at = info.begin(); at < info.end(); at += WINDOW_BYTES) {
        long length = Math.min(WINDOW_BYTES, info.end() - at);
        windows.add(channel.map(FileChannel.MapMode.READ_ONLY, at, length));
      }
      return windows;
    } catch (IOException | RuntimeException | Error e) { // out of address space, say
      windows.forEach(Unmapper::unmap);
      throw e;
    }
  }

  /** What is mapped. */
  public TensorInfo info() {
    return info;
  }

  /**
   * Fills the rest of a buffer with elements, each converted exactly to binary32.
   *
   * @param fromElement index of the first, in row-major order
   * @throws ModelFormatException for element types other than F32, F16 and BF16
   */
  public synchronized void readFloats(long fromElement, FloatBuffer target) {
    requireOpen();
    info.requireReadable();
    Objects.checkFromIndexSize(fromElement, target.remaining(), info.elements());
    int width = info.type().bits() / Byte.SIZE;
    long next = fromElement;
    while (target.hasRemaining()) {
      ByteBuffer window = windowAt(next * width);
      int count = Math.min(window.remaining() / width, target.remaining());
      convert(window.limit(window.position() + count * width), target);
      next += count;
    }
  }

  /** Feeds all bytes, as stored. */
  public synchronized void digest(MessageDigest digest) {
    requireOpen();
    windows.forEach(window -> digest.update(window.duplicate()));
  }

  /** Unmaps at once, without waiting for the garbage collector. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    windows.forEach(Unmapper::unmap);
    windows.clear();
  }

  @GuardedBy("this")
  private ByteBuffer windowAt(long offset) {
    ByteBuffer window = windows.get((int) (offset / WINDOW_BYTES)).duplicate();
    return window.order(ByteOrder.LITTLE_ENDIAN).position((int) (offset % WINDOW_BYTES));
  }

  private void convert(ByteBuffer source, FloatBuffer target) {
    switch (info.type()) {
      case F32 -> target.put(source.asFloatBuffer());
      case BF16 -> convertBfloat16(source.asShortBuffer(), target);
      case F16 -> convertHalf(source.asShortBuffer(), target);
      default -> throw new IllegalStateException(info.type() + " passed requireReadable");
    }
  }

  private static void convertBfloat16(ShortBuffer source, FloatBuffer target) {
    while (source.hasRemaining()) {
      target.put(FloatFormats.fromBf16(source.get()));
    }
  }

  private static void convertHalf(ShortBuffer source, FloatBuffer target) {
    while (source.hasRemaining()) {
      target.put(FloatFormats.fromF16(source.get()));
    }
  }

  @GuardedBy("this")
  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("tensor " + info.name() + " is closed");
    }
  }
}
