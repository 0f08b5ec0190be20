package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.Norm;
import io.ennead.expert.architecture.Rotary;
import io.ennead.expert.architecture.Weight;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Grouped-query attention as Llama has it, to which a family adds what is its own. */
final class AttentionBuilder {
  private final Heads heads;
  private final int hidden;
  private final Rotary rotary;
  private final String prefix;
  private boolean inputBias;
  private boolean outputBias;
  private Optional<Norm> queryNorm = Optional.empty();
  private Optional<Norm> keyNorm = Optional.empty();
  private OptionalDouble clip = OptionalDouble.empty();
  private double scale;
  private OptionalDouble softCap = OptionalDouble.empty();
  private Optional<Weight> sinks = Optional.empty();
  private OptionalInt window = OptionalInt.empty();

  /** Tensors are {@code prefix + q_proj.weight} and so on. */
  AttentionBuilder(Heads heads, int hidden, Rotary rotary, String prefix) {
    this.heads = heads;
    this.hidden = hidden;
    this.rotary = rotary;
    this.prefix = prefix;
    this.scale = heads.scale();
  }

  /** Biases of query, key and value, and of the output. */
  AttentionBuilder biases(boolean input, boolean output) {
    inputBias = input;
    outputBias = output;
    return this;
  }

  AttentionBuilder norms(Norm query, Norm key) {
    queryNorm = Optional.of(query);
    keyNorm = Optional.of(key);
    return this;
  }

  AttentionBuilder clip(OptionalDouble bound) {
    clip = bound;
    return this;
  }

  AttentionBuilder scale(double factor) {
    scale = factor;
    return this;
  }

  AttentionBuilder softCap(double cap) {
    softCap = OptionalDouble.of(cap);
    return this;
  }

  AttentionBuilder sinks(Weight logits) {
    sinks = Optional.of(logits);
    return this;
  }

  AttentionBuilder window(OptionalInt positions) {
    window = positions;
    return this;
  }

  GroupedQueryAttention build() {
    return new GroupedQueryAttention(
        heads.queries(),
        heads.keyValues(),
        heads.dim(),
        Parts.linear(prefix + "q_proj", heads.queryWidth(), hidden, inputBias),
        Parts.linear(prefix + "k_proj", heads.keyWidth(), hidden, inputBias),
        Parts.linear(prefix + "v_proj", heads.keyWidth(), hidden, inputBias),
        Parts.linear(prefix + "o_proj", hidden, heads.queryWidth(), outputBias),
        queryNorm,
        keyNorm,
        clip,
        scale,
        softCap,
        sinks,
        window,
        rotary);
  }
}
