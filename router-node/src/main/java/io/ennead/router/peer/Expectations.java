package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.wire.ComputeType;
import java.util.Optional;
import java.util.Set;

/**
 * What a node must be to serve this router.
 *
 * @param modelFingerprint lower-case hex
 * @param batchInvariant whether bits must not depend on what else is computed
 * @param hiddenSize width of a row
 * @param experts the model's own per layer; other ids are of packs, and a node may hold some that
 *     this router does not use
 * @param mixedNumerics whether replicas may give other bits
 */
public record Expectations(
    String modelFingerprint,
    ComputeType dtype,
    boolean batchInvariant,
    int hiddenSize,
    int experts,
    boolean mixedNumerics,
    ExpertFingerprints fingerprints) {

  /** Fingerprints of experts, as far as the router knows them itself. */
  @FunctionalInterface
  public interface ExpertFingerprints {
    /** None is known: replicas are still compared with each other. */
    ExpertFingerprints UNKNOWN = (layer, expert) -> Optional.empty();

    /** Experts beside the model's own that some node must hold: those that gates may choose. */
    default Set<ExpertId> needed() {
      return Set.of();
    }

    /** The fingerprint of an expert, lower-case hex; empty when it is not known. */
    Optional<String> of(int layer, int expert);
  }
}
