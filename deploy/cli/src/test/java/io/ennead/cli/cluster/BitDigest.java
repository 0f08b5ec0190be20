package io.ennead.cli.cluster;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A hash over numbers, bit by bit: a difference in the last place shows. */
final class BitDigest {
  private final MessageDigest digest;

  BitDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  BitDigest add(int value) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value).flip());
    return this;
  }

  BitDigest add(double value) {
    digest.update(
        ByteBuffer.allocate(Long.BYTES).putLong(Double.doubleToRawLongBits(value)).flip());
    return this;
  }

  BitDigest add(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).flip());
    return this;
  }

  BitDigest add(byte[] bytes) {
    digest.update(bytes);
    return add(bytes.length);
  }

  BitDigest add(float[] values) {
    for (float value : values) {
      add(Float.floatToRawIntBits(value));
    }
    return this;
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
