package io.ennead.learn.model;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.RotaryScaling;

/** Refuses what has no differentiable block, so that nothing is left out silently. */
final class Trainable {
  private Trainable() {}

  /**
   * Checks a model.
   *
   * @throws IllegalArgumentException naming the first part that cannot be trained
   */
  static void require(ModelConfig config) {
    for (int i = 0; i < config.layers().size(); i++) {
      LayerConfig layer = config.layers().get(i);
      require(layer.postAttentionNorm().isEmpty(), i, "a norm after attention");
      require(layer.postFfnNorm().isEmpty(), i, "a norm after the feed-forward network");
      attention(i, layer.attention());
      if (layer.feedForward() instanceof MixtureOfExperts moe) {
        experts(i, moe);
      } else {
        network(i, (GatedFfn) layer.feedForward());
      }
    }
    Weights.all(config);
  }

  private static void attention(int layer, Attention attention) {
    require(attention instanceof GroupedQueryAttention, layer, "latent attention");
    GroupedQueryAttention gqa = (GroupedQueryAttention) attention;
    boolean biased =
        gqa.query().bias().isPresent()
            || gqa.key().bias().isPresent()
            || gqa.value().bias().isPresent()
            || gqa.output().bias().isPresent();
    require(!biased, layer, "a bias of attention");
    require(gqa.queryNorm().isEmpty() && gqa.keyNorm().isEmpty(), layer, "a norm of queries");
    require(gqa.clip().isEmpty(), layer, "a clip of queries");
    require(gqa.softCap().isEmpty(), layer, "a soft cap of attention");
    require(gqa.sinks().isEmpty(), layer, "attention sinks");
    boolean whole = gqa.rotary().dimensions() == gqa.headDim() && !gqa.rotary().interleaved();
    require(whole, layer, "a partial or interleaved rotary embedding");
    require(
        gqa.rotary().scaling() instanceof RotaryScaling.Unscaled,
        layer,
        "a scaled rotary embedding");
  }

  private static void experts(int layer, MixtureOfExperts moe) {
    GateConfig gate = moe.gate();
    require(moe.router().bias().isEmpty(), layer, "a bias of the router");
    require(moe.shared().isEmpty(), layer, "a shared expert");
    require(gate.score() != GateConfig.Score.SIGMOID, layer, "a sigmoid gate");
    require(gate.softCap().isEmpty(), layer, "a soft cap of the gate");
    require(gate.selectionBias().isEmpty(), layer, "a selection bias");
    require(gate.groups().isEmpty(), layer, "groups of experts");
    moe.experts().forEach(expert -> network(layer, expert));
  }

  private static void network(int layer, GatedFfn ffn) {
    require(ffn.activation().kind() == Activation.Kind.SILU, layer, "another activation than SiLU");
    require(!ffn.biased(), layer, "a bias of an expert");
  }

  private static void require(boolean trainable, int layer, String part) {
    if (!trainable) {
      throw new IllegalArgumentException(
          "layer %d: %s (expected: none, for it cannot be trained)".formatted(layer, part));
    }
  }
}
