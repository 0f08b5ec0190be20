package io.ennead.expert.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Objects;

/** The bytes of one tensor, read by position. Used by one thread at a time. */
final class TensorBytes implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final TensorInfo info;
  private final FileChannel channel;
  private final ByteBuffer buffer;

  private TensorBytes(TensorInfo info, FileChannel channel) {
    this.info = info;
    this.channel = channel;
    int capacity = (int) Math.min(BUFFER_BYTES, Math.max(info.bytes(), Long.BYTES));
    this.buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  static TensorBytes open(TensorInfo info) {
    try {
      return new TensorBytes(info, FileChannel.open(info.file(), StandardOpenOption.READ));
    } catch (IOException e) {
      throw new UncheckedIOException(info.file() + " cannot be opened", e);
    }
  }

  TensorInfo info() {
    return info;
  }

  /**
   * Up to {@code bytes} bytes from an offset, at least one, little-endian; valid until the next
   * call. A whole number of 8 bytes unless fewer are asked for.
   */
  ByteBuffer read(long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, info.bytes());
    int count = (int) Math.min(bytes, buffer.capacity());
    buffer.clear().limit(bytes > count ? count - count % Long.BYTES : count);
    try {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, info.begin() + offset + buffer.position()) < 0) {
          throw truncated();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(info.file() + " cannot be read", e);
    }
    return buffer.flip();
  }

  private ModelFormatException truncated() throws IOException {
    return ModelFormatException.of(
        info.file(),
        "tensor " + info.name() + ": truncated file, bytes",
        channel.size(),
        "at least " + info.end());
  }

  void digest(MessageDigest digest, long offset, long bytes) {
    long done = 0;
    while (done < bytes) {
      ByteBuffer chunk = read(offset + done, bytes - done);
      done += chunk.remaining();
      digest.update(chunk);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(info.file() + " cannot be closed", e);
    }
  }
}
