package io.ennead.wire;

/**
 * The two 16-bit float formats, to and from binary32. Narrowing rounds to nearest, ties to even;
 * widening is exact, and every 16-bit pattern (NaN payloads too) survives widening and narrowing.
 *
 * <p>Formats: IEEE 754-2008 binary16; bfloat16 is the upper half of a binary32. (The JDK's own
 * binary16 conversions start with Java 20.)
 */
public final class FloatFormats {
  private static final int F32_INFINITY = 0x7f800000;
  private static final int F32_MAGNITUDE = 0x7fffffff;
  // 2^-14, the smallest normal binary16.
  private static final int F16_SMALLEST_NORMAL = 0x38800000;
  // 65520: half-way between the largest binary16 and the next power of two, so rounded to infinity.
  private static final int F16_OVERFLOW = 0x477ff000;
  // Difference of the exponent biases, 127 - 15, in place.
  private static final int F16_REBIAS = 112 << 23;

  private FloatFormats() {}

  /** Rounds to bfloat16. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & F32_MAGNITUDE) > F32_INFINITY) {
      int upper = bits >>> 16;
      // A NaN whose payload was all in the lower half would become infinity.
      return (short) ((upper & 0x7f) == 0 ? upper | 0x40 : upper);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** Widens a bfloat16. */
  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Rounds to binary16. */
  public static short toF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & F32_MAGNITUDE;
    if (magnitude > F32_INFINITY) {
      int payload = (magnitude >>> 13) & 0x3ff;
      return (short) (sign | 0x7c00 | (payload == 0 ? 0x200 : payload));
    }
    if (magnitude >= F16_OVERFLOW) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < F16_SMALLEST_NORMAL) {
      return (short) (sign | subnormalF16(magnitude));
    }
    int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return (short) (sign | ((rounded - F16_REBIAS) >>> 13));
  }

  // The last place of 0.5f is 2^-24, that of a subnormal binary16: the addition does the rounding.
  private static int subnormalF16(int magnitude) {
    return Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f)
        - Float.floatToRawIntBits(0.5f);
  }

  /** Widens a binary16. */
  public static float fromF16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) {
      return Float.intBitsToFloat(sign | F32_INFINITY | ((magnitude & 0x3ff) << 13));
    }
    if (magnitude < 0x400) {
      float value = magnitude * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    return Float.intBitsToFloat(sign | ((magnitude << 13) + F16_REBIAS));
  }
}
