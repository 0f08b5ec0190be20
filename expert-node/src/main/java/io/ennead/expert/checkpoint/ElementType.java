package io.ennead.expert.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** The element types of the safetensors format, with its spelling. */
public enum ElementType {
  /** Truth value, 1 byte. */
  BOOL(8),
  /** Two 4-bit floats per byte. */
  F4(4),
  /** 6-bit float, 2 exponent bits, packed. */
  F6_E2M3(6),
  /** 6-bit float, 3 exponent bits, packed. */
  F6_E3M2(6),
  /** Unsigned 8-bit integer. */
  U8(8),
  /** Signed 8-bit integer. */
  I8(8),
  /** 8-bit float, 5 exponent bits. */
  F8_E5M2(8),
  /** 8-bit float, 4 exponent bits. */
  F8_E4M3(8),
  /** 8-bit power of two, the scale of block formats. */
  F8_E8M0(8),
  /** Signed 16-bit integer. */
  I16(16),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** IEEE 754 binary16. */
  F16(16),
  /** bfloat16: the upper half of a binary32. */
  BF16(16),
  /** Signed 32-bit integer. */
  I32(32),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** IEEE 754 binary32. */
  F32(32),
  /** Two binary32: a complex number. */
  C64(64),
  /** IEEE 754 binary64. */
  F64(64),
  /** Signed 64-bit integer. */
  I64(64),
  /** Unsigned 64-bit integer. */
  U64(64);

  private final int bits;

  ElementType(int bits) {
    this.bits = bits;
  }

  /** Size of one element. Types of less than 8 bits are packed. */
  public int bits() {
    return bits;
  }

  static Optional<ElementType> of(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }
}
