package io.ennead.router.pack;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the experts of packs must be: under an id of a pack, calls go only to nodes that announce
 * this weight. Thread-safe.
 */
public final class PackFingerprints implements ExpertFingerprints {
  private final Map<ExpertId, String> known = new ConcurrentHashMap<>();
  private final Set<ExpertId> needed = ConcurrentHashMap.newKeySet();

  @Override
  public Optional<String> of(int layer, int expert) {
    return Optional.ofNullable(known.get(new ExpertId(layer, expert)));
  }

  @Override
  public Set<ExpertId> needed() {
    return Set.copyOf(needed);
  }

  void add(PlacedPack pack) {
    known.putAll(pack.fingerprints());
  }

  void remove(PlacedPack pack) {
    known.keySet().removeAll(pack.fingerprints().keySet());
  }

  /** The gate may choose a pack's experts from now on, unless they are suppressed. */
  void need(PlacedPack pack) {
    if (!pack.gate().suppressed()) {
      needed.addAll(pack.fingerprints().keySet());
    }
  }

  /** New requests choose none of them any more. */
  void needNot(PlacedPack pack) {
    needed.removeAll(pack.fingerprints().keySet());
  }
}
