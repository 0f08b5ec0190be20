package io.ennead.expert.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * An expert that every row goes through: {@code sigmoid(gate x) * ffn(x)}, or {@code ffn(x)}.
 *
 * @param ffn the network
 * @param gate [1, hidden]: one factor per row
 */
public record SharedExpert(GatedFfn ffn, Optional<Weight> gate) {
  Stream<Weight> weights() {
    return Stream.concat(ffn.weights(), gate.stream());
  }
}
