package io.ennead.expert.pack;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which tensors a pack has: of every layer {@code layers.L.experts.I.gate.weight} and {@code up}
 * [width, hidden], {@code down} [hidden, width], {@code layers.L.router.weight} [experts, hidden];
 * biases of these where the model has them ({@code .bias}), and {@code layers.L.selection_bias}
 * [experts] where its gate has one. Immutable.
 */
public final class PackLayout {
  private final ModelConfig base;
  private final List<Integer> layers;
  private final int experts;

  /**
   * The tensors of a pack.
   *
   * @param base the model that it is for
   * @param layers layers with experts of the model
   * @param experts new ones in each of these layers, at least 1
   */
  public PackLayout(ModelConfig base, List<Integer> layers, int experts) {
    this.base = base;
    this.layers = List.copyOf(layers);
    this.experts = experts;
  }

  /** The layers that get experts. */
  public List<Integer> layers() {
    return layers;
  }

  /** How many each of these layers gets. */
  public int experts() {
    return experts;
  }

  /** Every tensor, in the order of the file. */
  public Stream<Weight> weights() {
    return layers.stream()
        .flatMap(layer -> Stream.concat(expertWeights(layer), gateWeights(layer)));
  }

  /** Those of a layer's experts. */
  Stream<Weight> expertWeights(int layer) {
    return IntStream.range(0, experts).boxed().flatMap(own -> ffn(layer, own).weights());
  }

  private Stream<Weight> gateWeights(int layer) {
    return Stream.concat(router(layer).weights(), selectionBias(layer).stream());
  }

  /** An expert of a layer, the pack's first being 0. */
  public GatedFfn ffn(int layer, int own) {
    GatedFfn like = base.moe(layer).experts().get(0);
    String name = "layers.%d.experts.%d.".formatted(layer, own);
    return new GatedFfn(
        like.activation(),
        like(like.gate(), name + "gate"),
        like(like.up(), name + "up"),
        like(like.down(), name + "down"));
  }

  /** A layer's rows of the gate: [experts, hidden]. */
  public Linear router(int layer) {
    Linear like = base.moe(layer).router();
    String name = "layers.%d.router".formatted(layer);
    return new Linear(
        Weight.matrix(name + ".weight", experts, like.weight().columns()),
        like.bias().map(bias -> Weight.vector(name + ".bias", experts)));
  }

  Optional<Weight> selectionBias(int layer) {
    return base.moe(layer)
        .gate()
        .selectionBias()
        .map(bias -> Weight.vector("layers.%d.selection_bias".formatted(layer), experts));
  }

  private static Linear like(Linear map, String name) {
    Weight weight = map.weight();
    return new Linear(
        Weight.matrix(name + ".weight", weight.rows(), weight.columns()),
        map.bias().map(bias -> Weight.vector(name + ".bias", bias.rows())));
  }

  /**
   * The model with the pack's experts at ids from {@code first} on; other ids are not to be used.
   */
  public ModelConfig placed(int first) {
    List<LayerConfig> all = new ArrayList<>(base.layers());
    for (int layer : layers) {
      LayerConfig own = all.get(layer);
      MixtureOfExperts moe = base.moe(layer);
      List<GatedFfn> ffns = new ArrayList<>(moe.experts());
      while (ffns.size() < first) {
        ffns.add(ffn(layer, 0));
      }
      IntStream.range(0, experts).forEach(expert -> ffns.add(first + expert, ffn(layer, expert)));
      all.set(
          layer,
          new LayerConfig(
              own.attentionNorm(),
              own.attention(),
              own.postAttentionNorm(),
              own.ffnNorm(),
              new MixtureOfExperts(moe.router(), moe.gate(), ffns, moe.shared()),
              own.postFfnNorm()));
    }
    return new ModelConfig(
        base.family(),
        base.hiddenSize(),
        base.vocabularySize(),
        base.contextLength(),
        base.bosTokenId(),
        base.eosTokenIds(),
        base.embedding(),
        base.embeddingScale(),
        base.residualScale(),
        all,
        base.finalNorm(),
        base.head(),
        base.logitScale());
  }
}
