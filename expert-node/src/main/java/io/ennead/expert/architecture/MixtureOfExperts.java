package io.ennead.expert.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Routed experts and the gate that chooses among them.
 *
 * @param router linear map from a row to one logit per expert
 * @param gate from logits to chosen experts and their weights
 * @param experts the routed experts, by id; all of one shape
 * @param shared what every row goes through besides
 */
public record MixtureOfExperts(
    Linear router, GateConfig gate, List<GatedFfn> experts, Optional<SharedExpert> shared)
    implements FeedForward {

  /** Copies the list. */
  public MixtureOfExperts {
    experts = List.copyOf(experts);
  }

  /** What the router node holds of it: everything but the routed experts. */
  Stream<Weight> denseWeights() {
    return Stream.of(
            router.weights(),
            gate.selectionBias().stream(),
            shared.stream().flatMap(SharedExpert::weights))
        .flatMap(weights -> weights);
  }
}
