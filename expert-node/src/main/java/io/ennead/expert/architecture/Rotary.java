package io.ennead.expert.architecture;

/**
 * Rotary position embedding (Su et al. 2021): pairs of dimensions turn by position times an inverse
 * frequency.
 *
 * @param dimensions how many of a head's first dimensions turn; even
 * @param interleaved whether pairs are (2j, 2j + 1) rather than (j, j + dimensions / 2)
 * @param theta base: inverse frequency j is {@code theta^(-2j / dimensions)} before scaling
 * @param scaling for contexts longer than trained on
 */
public record Rotary(int dimensions, boolean interleaved, double theta, RotaryScaling scaling) {

  /**
   * Inverse frequencies, [dimensions / 2]. Each step is rounded to float32 where the reference
   * (transformers, modeling_rope_utils.py) computes in float32.
   */
  public float[] inverseFrequencies() {
    float[] inverse = new float[dimensions / 2];
    for (int j = 0; j < inverse.length; j++) {
      float exponent = 2f * j / dimensions;
      inverse[j] = 1f / (float) Math.pow(theta, exponent);
    }
    return scaling.scale(inverse, dimensions, theta);
  }

  /** Factor of sine and cosine. */
  public double amplitude() {
    return scaling.amplitude();
  }
}
