package io.ennead.cli.attack;

import java.nio.ByteBuffer;

/** Counts the frames in a stream of bytes by type, and keeps the last GOAWAY's error code. */
final class FrameCounter {
  private static final int HEADER_BYTES = 9;
  private static final int GOAWAY_BYTES = 8;

  private final int[] counts = new int[256];
  private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
  private final ByteBuffer goAway = ByteBuffer.allocate(GOAWAY_BYTES);
  private int type;
  private int payloadLeft;
  private int goAwayCode = -1;

  /** Takes bytes as they come. */
  void accept(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      if (payloadLeft > 0) {
        takePayload(bytes);
      } else {
        takeHeader(bytes);
      }
    }
  }

  private void takeHeader(ByteBuffer bytes) {
    header.put(bytes.get());
    if (header.hasRemaining()) {
      return;
    }
    payloadLeft = header.getInt(0) >>> 8;
    type = header.get(3) & 0xff;
    counts[type]++;
    header.clear();
    goAway.clear();
  }

  private void takePayload(ByteBuffer bytes) {
    if (type == RawHttp2.GOAWAY && goAway.hasRemaining()) {
      goAway.put(bytes.get());
      payloadLeft--;
      goAwayCode = goAway.hasRemaining() ? goAwayCode : goAway.getInt(4);
      return;
    }
    int skipped = Math.min(payloadLeft, bytes.remaining());
    bytes.position(bytes.position() + skipped);
    payloadLeft -= skipped;
  }

  /** Frames of a type so far. */
  int count(int frameType) {
    return counts[frameType];
  }

  /** The error code of the last GOAWAY, or -1. */
  int goAwayCode() {
    return goAwayCode;
  }
}
