package io.ennead.router;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Fingerprints of the experts in the router's own model directory, each hashed when it is first
 * asked for: that reads the expert's weights once. Experts whose tensors are not all there are
 * unknown.
 */
final class KnownExperts implements ExpertFingerprints {
  private final Checkpoint checkpoint;
  private final Map<ExpertId, Optional<String>> known = new ConcurrentHashMap<>();

  KnownExperts(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  @Override
  public Optional<String> of(int layer, int expert) {
    return known.computeIfAbsent(new ExpertId(layer, expert), this::hash);
  }

  private Optional<String> hash(ExpertId id) {
    boolean here =
        checkpoint.config().moeLayers().contains(id.layer())
            && id.expert() < checkpoint.config().experts()
            && checkpoint.hasExpert(id.layer(), id.expert());
    return here
        ? Optional.of(Fingerprints.expert(checkpoint, id.layer(), id.expert()))
        : Optional.empty();
  }
}
