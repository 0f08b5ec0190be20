package io.ennead.expert.architecture;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A whole model.
 *
 * @param family model_type of its config.json
 * @param hiddenSize width of a row
 * @param vocabularySize number of token ids
 * @param contextLength longest sequence in tokens
 * @param bosTokenId beginning-of-sequence token
 * @param eosTokenIds tokens that end a sequence; may be empty
 * @param embedding [vocabulary, hidden]
 * @param embeddingScale factor of an embedded token
 * @param residualScale factor of what a layer's two parts add to the residual stream
 * @param layers the layers; at least one has experts, and all that have have as many
 * @param finalNorm before the head
 * @param head [vocabulary, hidden]; the embedding when tied to it
 * @param logitScale factor of the logits
 */
public record ModelConfig(
    String family,
    int hiddenSize,
    int vocabularySize,
    int contextLength,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    Weight embedding,
    double embeddingScale,
    double residualScale,
    List<LayerConfig> layers,
    Norm finalNorm,
    Weight head,
    double logitScale) {

  /** Copies the lists. */
  public ModelConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
    layers = List.copyOf(layers);
    if (layers.stream().noneMatch(layer -> layer.experts().isPresent())) {
      throw new IllegalArgumentException("no layer has experts");
    }
  }

  /** Indices of the layers that have experts, ascending. */
  public List<Integer> moeLayers() {
    return IntStream.range(0, layers.size())
        .filter(layer -> layers.get(layer).experts().isPresent())
        .boxed()
        .toList();
  }

  /** The experts of a layer that has some. */
  public MixtureOfExperts moe(int layer) {
    return layers
        .get(layer)
        .experts()
        .orElseThrow(() -> new IllegalArgumentException("layer " + layer + " has no experts"));
  }

  /** Routed experts of every layer that has some. */
  public int experts() {
    return anyMoe().experts().size();
  }

  /** Experts per token by the model's own configuration. */
  public int expertsPerToken() {
    return anyMoe().gate().expertsPerToken();
  }

  /** Inner width of a routed expert. */
  public int expertWidth() {
    return anyMoe().experts().get(0).width();
  }

  /** Whether the head is the embedding. */
  public boolean tied() {
    return head.equals(embedding);
  }

  /** Weights that a router node holds: everything but the routed experts. */
  public Stream<Weight> denseWeights() {
    Stream<Weight> ends = Stream.of(embedding, head, finalNorm.weight()).distinct();
    return Stream.concat(ends, layers.stream().flatMap(LayerConfig::denseWeights));
  }

  /** Numbers that all weights have: the router node's and those of every routed expert. */
  public long parameters() {
    Stream<Weight> experts =
        layers.stream()
            .flatMap(layer -> layer.experts().stream())
            .flatMap(moe -> moe.experts().stream())
            .flatMap(GatedFfn::weights);
    return Stream.concat(denseWeights(), experts).mapToLong(Weight::size).sum();
  }

  /** Numbers kept in the KV cache per position, over all layers. */
  public long cachedPerPosition() {
    return layers.stream().mapToLong(layer -> layer.attention().cachedPerPosition()).sum();
  }

  private MixtureOfExperts anyMoe() {
    return layers.stream().flatMap(layer -> layer.experts().stream()).findFirst().orElseThrow();
  }
}
