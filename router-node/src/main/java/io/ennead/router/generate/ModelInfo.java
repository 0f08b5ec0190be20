package io.ennead.router.generate;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.sample.SamplingOptions;
import java.util.List;

/**
 * What a client may know about a served model.
 *
 * @param name as requests give it
 * @param family the model_type of config.json
 * @param fingerprint what router and expert nodes agree on, lower-case hex
 * @param dtype compute dtype, "f32", "bf16" or "int8"
 * @param contextLength longest sequence in tokens, prompt and continuation together
 * @param moeLayers indices of the layers that have experts, ascending
 * @param gate of every layer that has experts
 * @param defaultSampling what absent sampling options mean
 */
public record ModelInfo(
    String name,
    String family,
    String fingerprint,
    String dtype,
    int contextLength,
    int vocabularySize,
    int hiddenSize,
    int layers,
    List<Integer> moeLayers,
    GateConfig gate,
    SamplingOptions defaultSampling) {
  /** Copies the list. */
  public ModelInfo {
    moeLayers = List.copyOf(moeLayers);
  }

  /** Routed experts per layer. */
  public int experts() {
    return gate.experts();
  }

  /** Experts per token by the model's own configuration. */
  public int expertsPerToken() {
    return gate.expertsPerToken();
  }
}
