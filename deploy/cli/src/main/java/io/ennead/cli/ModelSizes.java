package io.ennead.cli;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.wire.ComputeType;
import java.util.stream.LongStream;

/**
 * How large a model is, and how much memory each node of a cluster needs. All that a config.json
 * says; no weight is looked at.
 *
 * @param config the model
 * @param type how the weights are held
 */
record ModelSizes(ModelConfig config, ComputeType type) {
  /**
   * What a node's process needs besides weights: Java, libtorch, buffers. Measured with the bundled
   * model, whose weights are too small to matter (deploy/loadtest/memory.sh).
   */
  static final long EXPERT_NODE_BASE = 415_000_000;

  private static final long ROUTER_BASE = 420_000_000;

  /** Parameters of everything but the routed experts. */
  long denseParameters() {
    return config.denseWeights().mapToLong(Weight::size).sum();
  }

  /** Parameters of one routed expert, over all layers. */
  long expertParameters() {
    return expertWeights().sum();
  }

  private LongStream expertWeights() {
    return config.moeLayers().stream()
        .flatMap(layer -> config.moe(layer).experts().get(0).weights())
        .mapToLong(Weight::size);
  }

  /** Bytes of one routed expert's weights over all layers, in memory. */
  long expertBytes() {
    return config.moeLayers().stream()
        .mapToLong(layer -> bytes(config.moe(layer).experts().get(0)))
        .sum();
  }

  private long bytes(GatedFfn ffn) {
    return ffn.weights().mapToLong(this::expertBytes).sum();
  }

  /** Vectors are held in float32, and an int8 matrix has a float32 per row. */
  private long expertBytes(Weight weight) {
    if (weight.columns() == 1) {
      return weight.size() * Float.BYTES;
    }
    return switch (type) {
      case F32 -> weight.size() * Float.BYTES;
      case BF16 -> weight.size() * Short.BYTES;
      case INT8 -> weight.size() + (long) weight.rows() * Float.BYTES;
    };
  }

  /** Bytes of the router's weights in memory. */
  long denseBytes() {
    int width = type == ComputeType.F32 ? Float.BYTES : Short.BYTES;
    return config
        .denseWeights()
        .mapToLong(weight -> weight.size() * (weight.columns() == 1 ? Float.BYTES : width))
        .sum();
  }

  /** Bytes of keys and values per position, over all layers. */
  long cacheBytesPerToken() {
    return config.cachedPerPosition() * (type == ComputeType.F32 ? Float.BYTES : Short.BYTES);
  }

  /** Resident memory of an expert node that holds so many experts of every layer. */
  long expertNode(int experts) {
    return EXPERT_NODE_BASE + experts * expertBytes();
  }

  /** Resident memory of the router once its KV cache of so many positions has been used. */
  long router(long cachedTokens) {
    return ROUTER_BASE + denseBytes() + cachedTokens * cacheBytesPerToken();
  }
}
