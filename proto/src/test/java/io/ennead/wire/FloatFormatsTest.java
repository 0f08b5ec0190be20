package io.ennead.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The conversions against a search over all 65,536 patterns, decoded by their definition. */
class FloatFormatsTest {
  private static final long SEED = 20_261_122L;

  @Test
  void everyBf16PatternSurvives() {
    for (int pattern = 0; pattern < 65_536; pattern++) {
      float wide = FloatFormats.fromBf16((short) pattern);
      assertThat(FloatFormats.toBf16(wide)).isEqualTo((short) pattern);
    }
  }

  @Test
  void everyF16PatternSurvives() {
    for (int pattern = 0; pattern < 65_536; pattern++) {
      float wide = FloatFormats.fromF16((short) pattern);
      assertThat(FloatFormats.toF16(wide)).isEqualTo((short) pattern);
    }
  }

  @Test
  void everyPatternWidensAsTheFormatIsDefined() {
    for (int pattern = 0; pattern < 65_536; pattern++) {
      assertThat((double) FloatFormats.fromF16((short) pattern))
          .isEqualTo((Double) defined(pattern, 5, 10));
      assertThat((double) FloatFormats.fromBf16((short) pattern))
          .isEqualTo((Double) defined(pattern, 8, 7));
    }
  }

  @Test
  void bf16RoundsToTheNearestTiesToEven() {
    checkRounding(8, 7, value -> FloatFormats.fromBf16(FloatFormats.toBf16((float) value)));
  }

  @Test
  void f16RoundsToTheNearestTiesToEven() {
    checkRounding(5, 10, value -> FloatFormats.fromF16(FloatFormats.toF16((float) value)));
  }

  @Test
  void nanWithLowPayloadStaysNan() {
    float nan = Float.intBitsToFloat(0x7f800001);
    assertThat(FloatFormats.fromBf16(FloatFormats.toBf16(nan))).isNaN();
    assertThat(FloatFormats.fromF16(FloatFormats.toF16(nan))).isNaN();
  }

  private static void checkRounding(
      int exponentBits, int mantissaBits, DoubleUnaryOperator rounded) {
    NavigableMap<Double, Integer> patterns = finitePatterns(exponentBits, mantissaBits);
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (i % 4 == 0) {
        value = tie(patterns, (float) random.nextGaussian());
      }
      if (Float.isNaN(value)) {
        continue;
      }
      assertThat(rounded.applyAsDouble(value))
          .as("%s (bits %08x), seed %d", value, Float.floatToRawIntBits(value), SEED)
          .isEqualTo((Double) nearest(patterns, value, exponentBits, mantissaBits));
    }
  }

  private static double defined(int pattern, int exponentBits, int mantissaBits) {
    int bias = (1 << (exponentBits - 1)) - 1;
    int exponent = (pattern >>> mantissaBits) & ((1 << exponentBits) - 1);
    int mantissa = pattern & ((1 << mantissaBits) - 1);
    double sign = (pattern & 0x8000) == 0 ? 1 : -1;
    if (exponent == (1 << exponentBits) - 1) {
      return mantissa == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    double fraction = mantissa / (double) (1 << mantissaBits);
    return exponent == 0
        ? sign * fraction * Math.pow(2, 1 - bias)
        : sign * (1 + fraction) * Math.pow(2, exponent - bias);
  }

  private static NavigableMap<Double, Integer> finitePatterns(int exponentBits, int mantissaBits) {
    NavigableMap<Double, Integer> patterns = new TreeMap<>();
    for (int pattern = 0; pattern < 65_536; pattern++) {
      double value = defined(pattern, exponentBits, mantissaBits);
      if (Double.isFinite(value)) {
        patterns.put(value, pattern);
      }
    }
    return patterns;
  }

  // A value half-way between two neighbours.
  private static float tie(NavigableMap<Double, Integer> patterns, float near) {
    double below = patterns.floorKey((double) near);
    return (float) ((below + patterns.higherKey(below)) / 2);
  }

  private static double nearest(
      NavigableMap<Double, Integer> patterns, float value, int exponentBits, int mantissaBits) {
    // Beyond the largest number by half a step or more: infinity.
    double largest = patterns.lastKey();
    int bias = (1 << (exponentBits - 1)) - 1;
    double limit = largest + Math.pow(2, bias - mantissaBits - 1);
    if (Math.abs(value) >= limit) {
      return Math.copySign(Double.POSITIVE_INFINITY, value);
    }
    double magnitude = Math.min(Math.abs(value), largest);
    double below = patterns.floorKey(magnitude);
    double above = patterns.ceilingKey(magnitude);
    if (magnitude != Math.abs(value)) {
      return Math.copySign(largest, value);
    }
    double low = magnitude - below;
    double high = above - magnitude;
    boolean down = low < high || (low == high && patterns.get(below) % 2 == 0);
    return Math.copySign(down ? below : above, value);
  }
}
