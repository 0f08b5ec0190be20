package io.ennead.benchmarks;

import java.util.Random;

/** Inputs: the same numbers in every run. */
final class Numbers {
  private Numbers() {}

  /** Normally distributed. */
  static float[] normal(int count, double deviation) {
    Random random = new Random(1);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }
}
