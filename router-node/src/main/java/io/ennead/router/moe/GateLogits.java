package io.ennead.router.moe;

import io.ennead.router.moe.ExpertLayer.Phase;

/**
 * Computes the gate's logits of a layer; implemented by the model, which holds the gate's weights.
 */
@FunctionalInterface
public interface GateLogits {

  /**
   * Computes the effective gate logits.
   *
   * @param layer layer index
   * @param phase decides the kernel's tile, and so the bits
   * @param hidden [rows, width], what the layer's norm gives; not modified
   * @return [rows, experts]
   */
  float[] logits(int layer, Phase phase, float[] hidden);
}
