package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.Linear;

/** Causal grouped-query attention over whole sequences of one length. */
final class AttentionBlock {
  private final Pass pass;
  private final GroupedQueryAttention config;

  AttentionBlock(Pass pass, GroupedQueryAttention config) {
    this.pass = pass;
    this.config = config;
  }

  /** x [batch * length, hidden] to the same shape. */
  NDArray forward(NDArray x, int batch, int length) {
    int kv = config.keyValueHeads();
    int groups = config.heads() / kv;
    int dim = config.headDim();
    NDArray cos = angles(length, true);
    NDArray sin = angles(length, false);
    NDArray q = turned(heads(x, config.query(), config.heads(), batch, length), cos, sin);
    NDArray k = turned(heads(x, config.key(), kv, batch, length), cos, sin);
    NDArray v = heads(x, config.value(), kv, batch, length); // [batch, kv, length, dim]
    NDArray scores =
        q.reshape(batch, kv, (long) groups * length, dim)
            .matMul(k.transpose(0, 1, 3, 2))
            .mul(pass.number(config.scale()))
            .reshape(batch, kv, groups, length, length)
            .add(mask(length));
    NDArray seen =
        scores
            .softmax(-1)
            .reshape(batch, kv, (long) groups * length, length)
            .matMul(v)
            .reshape(batch, config.heads(), length, dim)
            .transpose(0, 2, 1, 3)
            .reshape((long) batch * length, (long) config.heads() * dim);
    return pass.linear(seen, config.output().weight());
  }

  /** [batch, heads, length, dim]. */
  private NDArray heads(NDArray x, Linear map, int heads, int batch, int length) {
    return pass.linear(x, map.weight())
        .reshape(batch, length, heads, config.headDim())
        .transpose(0, 2, 1, 3);
  }

  /** Turns the pairs (j, j + dim / 2) by the position's angles. */
  private static NDArray turned(NDArray x, NDArray cos, NDArray sin) {
    NDList halves = x.split(2, 3);
    NDArray swapped = halves.get(1).neg().concat(halves.get(0), 3);
    return x.mul(cos).add(swapped.mul(sin));
  }

  /** Cosines or sines [length, dim]; angles are products in float32, as the router node's. */
  private NDArray angles(int length, boolean cosine) {
    float[] inverse = config.rotary().inverseFrequencies();
    int dim = 2 * inverse.length;
    float[] values = new float[length * dim];
    for (int i = 0; i < values.length; i++) {
      float angle = (float) (i / dim) * inverse[i % inverse.length];
      double value = cosine ? Math.cos(angle) : Math.sin(angle);
      values[i] = (float) (value * config.rotary().amplitude());
    }
    return pass.floats(values, new Shape(length, dim));
  }

  /** 0 where a row sees a column, else -infinity. */
  private NDArray mask(int length) {
    int window = config.window().orElse(length);
    float[] values = new float[length * length];
    for (int i = 0; i < values.length; i++) {
      int before = i / length - i % length;
      values[i] = before >= 0 && before < window ? 0 : Float.NEGATIVE_INFINITY;
    }
    return pass.floats(values, new Shape(length, length));
  }
}
