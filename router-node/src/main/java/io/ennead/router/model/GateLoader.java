package io.ennead.router.model;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.router.moe.Gate;
import io.ennead.router.moe.ScoredGate;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Builds a model's gate: parameters from its records, selection biases from the checkpoint. */
final class GateLoader {
  private GateLoader() {}

  static Gate load(Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    Map<Integer, float[]> biases = new HashMap<>();
    for (int layer : config.moeLayers()) {
      Optional<Weight> bias = config.moe(layer).gate().selectionBias();
      bias.ifPresent(weight -> biases.put(layer, read(checkpoint, weight)));
    }
    return new ScoredGate(config.moe(config.moeLayers().get(0)).gate(), biases);
  }

  private static float[] read(Checkpoint checkpoint, Weight vector) {
    float[] values = new float[vector.rows()];
    try (FloatSource source = checkpoint.open(vector)) {
      source.read(vector.offset(), FloatBuffer.wrap(values));
    }
    return values;
  }
}
