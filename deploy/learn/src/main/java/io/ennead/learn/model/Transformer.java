package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Norm;

/**
 * The forward pass of one step, layer by layer as {@link LayerConfig} says, in operations that have
 * gradients. What the router node computes in {@code decoder.py}, without its caches.
 */
final class Transformer {
  private final ModelConfig config;
  private final Pass pass;
  private final Experts experts;

  Transformer(ModelConfig config, Pass pass, AddedRows added) {
    this.config = config;
    this.pass = pass;
    this.experts = new Experts(pass, added);
  }

  /**
   * Logits [batch * length, vocabulary] of the first {@code length} tokens of each sequence, at
   * positions from 0.
   */
  NDArray logits(int[][] sequences, int length) {
    int batch = sequences.length;
    NDArray h = pass.rows(pass.weight(config.embedding()), flat(sequences, length));
    h = scaled(h, config.embeddingScale()); // [batch * length, hidden]
    for (int i = 0; i < config.layers().size(); i++) {
      LayerConfig layer = config.layers().get(i);
      NDArray x = norm(h, layer.attentionNorm());
      GroupedQueryAttention attention = (GroupedQueryAttention) layer.attention();
      NDArray attended = new AttentionBlock(pass, attention).forward(x, batch, length);
      h = h.add(scaled(attended, config.residualScale()));
      h = h.add(scaled(feedForward(i, norm(h, layer.ffnNorm())), config.residualScale()));
    }
    return scaled(pass.linear(norm(h, config.finalNorm()), config.head()), config.logitScale());
  }

  private static long[] flat(int[][] sequences, int length) {
    long[] ids = new long[sequences.length * length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = sequences[i / length][i % length];
    }
    return ids;
  }

  private NDArray feedForward(int index, NDArray x) {
    LayerConfig layer = config.layers().get(index);
    return layer
        .experts()
        .map(moe -> experts.forward(index, moe, x))
        .orElseGet(() -> gated(pass, (GatedFfn) layer.feedForward(), x));
  }

  /** {@code down(silu(gate x) * up x)}, [rows, hidden]. */
  static NDArray gated(Pass pass, GatedFfn ffn, NDArray x) {
    NDArray gate = pass.linear(x, ffn.gate().weight()); // [rows, width]
    NDArray up = pass.linear(x, ffn.up().weight());
    return pass.linear(gate.mul(Activation.sigmoid(gate)).mul(up), ffn.down().weight());
  }

  private NDArray norm(NDArray x, Norm norm) {
    NDArray square =
        x.square().mean(new int[] {1}, true).add(pass.number(norm.epsilon())); // [rows, 1]
    return x.div(square.sqrt()).mul(pass.weight(norm.weight()));
  }

  private NDArray scaled(NDArray x, double factor) {
    return factor == 1 ? x : x.mul(pass.number(factor));
  }
}
