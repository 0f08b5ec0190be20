package io.ennead.expert.architecture;

import java.util.stream.Stream;

/**
 * {@code down(activation(gate x, up x))}: an expert, a shared expert, or a dense layer's network.
 *
 * @param activation joins gate and up
 * @param gate [width, hidden]
 * @param up [width, hidden]
 * @param down [hidden, width]
 */
public record GatedFfn(Activation activation, Linear gate, Linear up, Linear down)
    implements FeedForward {

  /** Inner width. */
  public int width() {
    return gate.weight().rows();
  }

  /** Width of a row that goes in and comes out. */
  public int hiddenSize() {
    return gate.weight().columns();
  }

  /** Whether its maps have biases; all or none have. */
  public boolean biased() {
    return gate.bias().isPresent();
  }

  /** All weights: gate, up, down, each with its bias behind it. */
  public Stream<Weight> weights() {
    return Stream.of(gate, up, down).flatMap(Linear::weights);
  }
}
