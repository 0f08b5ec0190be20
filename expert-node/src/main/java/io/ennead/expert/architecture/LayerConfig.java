package io.ennead.expert.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * One layer: {@code h += r * postAttention(attention(attentionNorm(h)))}, then {@code h += r *
 * postFfn(feedForward(ffnNorm(h)))}, with the model's residual scale r.
 *
 * @param attentionNorm before attention
 * @param attention attention
 * @param postAttentionNorm on what attention gives
 * @param ffnNorm before the feed-forward network; experts and router see its output
 * @param feedForward dense network or experts
 * @param postFfnNorm on what the feed-forward network gives
 */
public record LayerConfig(
    Norm attentionNorm,
    Attention attention,
    Optional<Norm> postAttentionNorm,
    Norm ffnNorm,
    FeedForward feedForward,
    Optional<Norm> postFfnNorm) {

  /** A layer with norms in front only. */
  public LayerConfig(
      Norm attentionNorm, Attention attention, Norm ffnNorm, FeedForward feedForward) {
    this(attentionNorm, attention, Optional.empty(), ffnNorm, feedForward, Optional.empty());
  }

  /** Its experts, if it has any. */
  public Optional<MixtureOfExperts> experts() {
    return feedForward instanceof MixtureOfExperts experts
        ? Optional.of(experts)
        : Optional.empty();
  }

  /** All norms that act on the residual stream's width. */
  public Stream<Norm> norms() {
    return Stream.of(
            Stream.of(attentionNorm),
            postAttentionNorm.stream(),
            Stream.of(ffnNorm),
            postFfnNorm.stream())
        .flatMap(norms -> norms);
  }

  /** What the router node holds: everything but the routed experts. */
  public Stream<Weight> denseWeights() {
    Stream<Weight> ffn =
        feedForward instanceof MixtureOfExperts experts
            ? experts.denseWeights()
            : ((GatedFfn) feedForward).weights();
    return Stream.of(norms().map(Norm::weight), attention.weights(), ffn)
        .flatMap(weights -> weights);
  }
}
