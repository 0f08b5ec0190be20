package io.ennead.router.trace;

import java.util.List;

/**
 * The choices of experts that were drawn while a continuation was generated: what learning from it
 * needs, and nothing of its text. Arrays are not to be modified.
 *
 * @param layers at which experts were drawn, ascending
 * @param experts per layer
 * @param expertsPerToken k
 * @param temperatures that the request asked for, the profile's not included, [layers]
 * @param stride every how many generated tokens one is kept
 * @param tokens kept
 * @param logits effective gate logits without the profile's biases, -infinity for experts that were
 *     excluded, [tokens, layers, experts]
 * @param chosen [tokens, layers, k]
 */
public record Decisions(
    List<Integer> layers,
    int experts,
    int expertsPerToken,
    double[] temperatures,
    int stride,
    int tokens,
    float[] logits,
    short[] chosen) {
  /** Copies the list. */
  public Decisions {
    layers = List.copyOf(layers);
  }

  /** Bytes in memory, about. */
  public long bytes() {
    return 4L * logits.length + 2L * chosen.length + 64;
  }
}
