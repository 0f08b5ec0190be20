package io.ennead.router.model;

import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.LatentAttention;

/** Hands the module one layer's attention. */
final class AttentionLoader {
  private final DecoderLoader decoder;
  private final DecoderWeights weights;
  private final int layer;

  AttentionLoader(DecoderLoader decoder, DecoderWeights weights, int layer) {
    this.decoder = decoder;
    this.weights = weights;
    this.layer = layer;
  }

  void load(Attention attention) {
    decoder.number(layer, "heads", attention.heads());
    weights.linear(layer, "out", attention.output());
    if (attention instanceof LatentAttention latent) {
      loadLatent(latent);
    } else {
      loadGroupedQuery((GroupedQueryAttention) attention);
    }
  }

  private void loadGroupedQuery(GroupedQueryAttention attention) {
    decoder.number(layer, "kv_heads", attention.keyValueHeads());
    decoder.number(layer, "head_dim", attention.headDim());
    decoder.number(layer, "scale", attention.scale());
    decoder.window(layer, attention.window().orElse(0));
    weights.linear(layer, "qkv", attention.query(), attention.key(), attention.value());
    attention.queryNorm().ifPresent(norm -> decoder.norm(layer, "q_norm", norm));
    attention.keyNorm().ifPresent(norm -> decoder.norm(layer, "k_norm", norm));
    attention.clip().ifPresent(bound -> decoder.number(layer, "clip", bound));
    attention.softCap().ifPresent(cap -> decoder.number(layer, "soft_cap", cap));
    attention.sinks().ifPresent(sinks -> weights.vector(layer, "sinks", sinks));
  }

  private void loadLatent(LatentAttention attention) {
    decoder.number(layer, "plain", attention.plainDim());
    decoder.number(layer, "value", attention.valueDim());
    decoder.number(layer, "latent", attention.latentDim());
    decoder.number(layer, "rotated", attention.rotary().dimensions());
    decoder.number(layer, "scale", attention.scale());
    decoder.window(layer, 0);
    attention.queryDown().ifPresent(down -> weights.matrix(layer, "q_down", down));
    attention.queryNorm().ifPresent(norm -> decoder.norm(layer, "q_norm", norm));
    weights.matrix(layer, "q", attention.query());
    weights.matrix(layer, "latent_down", attention.latentDown());
    decoder.norm(layer, "latent_norm", attention.latentNorm());
    weights.matrix(layer, "latent_up", attention.latentUp());
  }
}
