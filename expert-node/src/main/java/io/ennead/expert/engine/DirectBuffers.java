package io.ennead.expert.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Native memory for the arguments of calls, used again and again: a new direct buffer is zeroed,
 * and freed only by the garbage collector. A few are kept, none of them long. Thread-safe.
 */
final class DirectBuffers {
  private static final int MAX_KEPT = 8;
  private static final int MAX_KEPT_BYTES = 16 << 20;

  private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(MAX_KEPT);

  /** A buffer of so many bytes in the machine's order; what is in it is left from others. */
  ByteBuffer take(int bytes) {
    ByteBuffer buffer = free.poll();
    if (buffer == null || buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocateDirect(roomFor(bytes));
    }
    return buffer.clear().limit(bytes).order(ByteOrder.nativeOrder());
  }

  private static int roomFor(int bytes) {
    return bytes > MAX_KEPT_BYTES ? bytes : Math.max(4096, Integer.highestOneBit(bytes) * 2);
  }

  /** Gives a buffer back; nothing native may refer to it any more. */
  void give(ByteBuffer buffer) {
    if (buffer.capacity() <= 2 * MAX_KEPT_BYTES) {
      free.offer(buffer);
    }
  }
}
