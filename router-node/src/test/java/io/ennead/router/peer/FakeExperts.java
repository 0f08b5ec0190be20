package io.ennead.router.peer;

import io.ennead.wire.ComputeType;
import io.ennead.wire.FloatFormats;
import java.util.Random;

/**
 * Experts that are random matrices: the same for the same layer, expert and seed, on every node.
 */
public record FakeExperts(int width, ComputeType dtype, long seed) {

  /** One row through one expert, before the output is rounded for the wire. */
  float[] apply(int layer, int expert, float[] rows, int row) {
    Random weights = new Random(seed * 1_000_003 + layer * 1009L + expert);
    float[] out = new float[width];
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        out[i] += weights.nextFloat(-1, 1) * rows[row * width + j];
      }
    }
    return out;
  }

  /** What the router should see of one expert: rounded to the compute type on both ways. */
  public float[] seenByRouter(int layer, int expert, float[] hidden, int row) {
    float[] sent = new float[hidden.length];
    for (int i = 0; i < hidden.length; i++) {
      sent[i] = rounded(hidden[i]);
    }
    float[] out = apply(layer, expert, sent, row);
    for (int i = 0; i < width; i++) {
      out[i] = rounded(out[i]);
    }
    return out;
  }

  private float rounded(float value) {
    return dtype == ComputeType.F32 ? value : FloatFormats.fromBf16(FloatFormats.toBf16(value));
  }
}
