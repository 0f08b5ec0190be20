package io.ennead.cli.kernels;

/**
 * How long a layer's experts took, and what the machine did at most meanwhile; medians.
 *
 * @param phase tile that was used: decode or prefill
 * @param macs multiplications with an addition of the layer
 * @param weightBytes bytes of its weights, each read once
 * @param limits of the machine
 */
public record LayerTime(
    int rows, String phase, double seconds, double macs, double weightBytes, Limits limits) {

  /** What the machine does at most in a second. */
  public record Limits(double bytesPerSecond, double macsPerSecond) {}

  /** Multiplications with an addition per second. */
  public double macsPerSecond() {
    return macs / seconds;
  }

  /** Bytes of weights per second. */
  public double bytesPerSecond() {
    return weightBytes / seconds;
  }

  /** Part of the most multiplications. */
  public double ofMacs() {
    return macsPerSecond() / limits.macsPerSecond();
  }

  /** Part of the memory's bandwidth; more than 1 when weights stay in the caches. */
  public double ofBandwidth() {
    return bytesPerSecond() / limits.bytesPerSecond();
  }

  /** Part of the limit that binds: no layer is faster than its reads or its products. */
  public double ofLimit() {
    return Math.max(ofMacs(), ofBandwidth());
  }
}
