package io.ennead.expert.architecture;

/** Change of a rotary embedding's frequencies; it applies at every length. */
public sealed interface RotaryScaling {

  /** Scales inverse frequencies [dimensions / 2]. */
  float[] scale(float[] inverse, int dimensions, double theta);

  /** Factor of sine and cosine. */
  default double amplitude() {
    return 1;
  }

  /** None. */
  record Unscaled() implements RotaryScaling {
    @Override
    public float[] scale(float[] inverse, int dimensions, double theta) {
      return inverse;
    }
  }

  /**
   * Positions divided by a factor (Chen et al. 2023).
   *
   * @param factor how many times longer the context is
   */
  record Interpolated(double factor) implements RotaryScaling {
    @Override
    public float[] scale(float[] inverse, int dimensions, double theta) {
      float[] scaled = new float[inverse.length];
      for (int j = 0; j < scaled.length; j++) {
        scaled[j] = inverse[j] / (float) factor;
      }
      return scaled;
    }
  }

  /**
   * YaRN (Peng et al. 2023; transformers, modeling_rope_utils.py): high frequencies stay, low ones
   * are interpolated, with a ramp between.
   *
   * @param factor how many times longer the context is
   * @param originalContext positions trained on
   * @param betaFast rotations over the original context from which on a frequency stays
   * @param betaSlow rotations up to which it is interpolated
   * @param truncate whether the ramp's ends are whole dimensions
   * @param amplitude factor of sine and cosine
   */
  record Yarn(
      double factor,
      double originalContext,
      double betaFast,
      double betaSlow,
      boolean truncate,
      double amplitude)
      implements RotaryScaling {

    @Override
    public float[] scale(float[] inverse, int dimensions, double theta) {
      double low = dimension(betaFast, dimensions, theta);
      double high = dimension(betaSlow, dimensions, theta);
      low = Math.max(truncate ? Math.floor(low) : low, 0);
      high = Math.min(truncate ? Math.ceil(high) : high, dimensions - 1);
      double width = high == low ? 0.001 : high - low; // as the reference avoids dividing by zero
      float[] scaled = new float[inverse.length];
      for (int j = 0; j < scaled.length; j++) {
        double ramp = Math.min(Math.max((j - low) / width, 0), 1);
        scaled[j] = (float) (inverse[j] * (ramp / factor + 1 - ramp));
      }
      return scaled;
    }

    /** The (fractional) pair that makes so many rotations over the original context. */
    private double dimension(double rotations, int dimensions, double theta) {
      return dimensions
          * Math.log(originalContext / (2 * Math.PI * rotations))
          / (2 * Math.log(theta));
    }
  }
}
