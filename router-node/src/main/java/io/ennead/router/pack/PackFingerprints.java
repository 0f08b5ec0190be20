package io.ennead.router.pack;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the experts of packs must be: under an id of a pack, calls go only to nodes that announce
 * this weight. Thread-safe.
 */
public final class PackFingerprints implements ExpertFingerprints {
  private final Map<ExpertId, String> known = new ConcurrentHashMap<>();

  @Override
  public Optional<String> of(int layer, int expert) {
    return Optional.ofNullable(known.get(new ExpertId(layer, expert)));
  }

  void add(Map<ExpertId, String> experts) {
    known.putAll(experts);
  }

  void remove(Map<ExpertId, String> experts) {
    known.keySet().removeAll(experts.keySet());
  }
}
