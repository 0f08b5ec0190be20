package io.ennead.router.moe;

import io.ennead.router.moe.ExpertLayer.Phase;

/** Computes what every row of a layer goes through beside its routed experts. */
@FunctionalInterface
public interface SharedExpert {
  /**
   * The shared expert's output.
   *
   * @param hidden [rows, width], what the layer's norm gives; not modified
   * @return [rows, width], or empty when the layer has no shared expert
   */
  float[] output(int layer, Phase phase, float[] hidden);
}
