package io.ennead.expert.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code y = W x + b}.
 *
 * @param weight W, [outputs, inputs]
 * @param bias b, [outputs]
 */
public record Linear(Weight weight, Optional<Weight> bias) {
  /** A map without bias. */
  public Linear(Weight weight) {
    this(weight, Optional.empty());
  }

  /** Weight and, if there is one, bias. */
  public Stream<Weight> weights() {
    return Stream.concat(Stream.of(weight), bias.stream());
  }
}
