package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides whether a node that described itself may serve: it must hold the router's model in the
 * router's compute type, and give the same bits as the ready nodes that hold the same experts.
 */
final class PeerCheck {
  private final Expectations expected;

  PeerCheck(Expectations expected) {
    this.expected = expected;
  }

  /** Ready, or refused with both values. */
  PeerState judge(PeerDescription node, List<? extends ExpertPeer> others) {
    return mismatch(node)
        .or(() -> wrongExpert(node))
        .or(() -> others.stream().flatMap(other -> conflict(node, other).stream()).findFirst())
        .<PeerState>map(reason -> new PeerState.Refused(node.name() + ": " + reason))
        .orElseGet(() -> new PeerState.Ready(node));
  }

  private Optional<String> mismatch(PeerDescription node) {
    return differ("model fingerprint", node.modelFingerprint(), expected.modelFingerprint())
        .or(() -> differ("dtype", node.dtype(), expected.dtype().label()))
        .or(() -> differ("hidden size", node.hiddenSize(), expected.hiddenSize()))
        .or(() -> differ("batch-invariant", node.batchInvariant(), expected.batchInvariant()));
  }

  private Optional<String> wrongExpert(PeerDescription node) {
    return node.experts().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(entry -> wrongExpert(entry.getKey(), entry.getValue()).stream())
        .findFirst();
  }

  private Optional<String> wrongExpert(ExpertId id, String fingerprint) {
    return expected
        .fingerprints()
        .of(id.layer(), id.expert())
        .flatMap(value -> differ("fingerprint of %s".formatted(id), fingerprint, value));
  }

  private Optional<String> conflict(PeerDescription node, ExpertPeer other) {
    if (!(other.state() instanceof PeerState.Ready ready)) {
      return Optional.empty();
    }
    PeerDescription replica = ready.description();
    List<ExpertId> shared =
        node.experts().keySet().stream().filter(replica.experts()::containsKey).sorted().toList();
    if (shared.isEmpty()) {
      return Optional.empty();
    }
    return otherBits(node, replica)
        .or(() -> otherWeights(node, replica, shared))
        .map(reason -> "%s as on its replica %s".formatted(reason, other.address()));
  }

  private Optional<String> otherBits(PeerDescription node, PeerDescription replica) {
    return expected.mixedNumerics()
        ? Optional.empty()
        : differ("numerics id", node.numericsId(), replica.numericsId());
  }

  private Optional<String> otherWeights(
      PeerDescription node, PeerDescription replica, List<ExpertId> shared) {
    return shared.stream()
        .filter(id -> id.expert() < expected.experts())
        .flatMap(id -> differ("fingerprint of " + id, node.of(id), replica.of(id)).stream())
        .findFirst();
  }

  private static Optional<String> differ(String what, Object value, Object expected) {
    return value.equals(expected)
        ? Optional.empty()
        : Optional.of("%s: %s (expected: %s)".formatted(what, value, expected));
  }
}
