package io.ennead.router.pack;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackSource;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerAddress;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A node that holds what it is told to, and computes nothing. */
final class PackHolder implements ExpertHolder {
  private final String name;
  private final Function<ExpertId, String> weights;
  final Map<ExpertId, String> held = new ConcurrentHashMap<>();
  boolean refusesToLoad;
  boolean refusesToFree;
  boolean lost;

  /** How often it was told to load. */
  final AtomicInteger loads = new AtomicInteger();

  /** Whose packs' experts have these fingerprints. */
  PackHolder(String name, Function<ExpertId, String> weights) {
    this.name = name;
    this.weights = weights;
  }

  @Override
  public void load(List<ExpertId> experts, Optional<PackSource> pack, Duration deadline) {
    loads.incrementAndGet();
    if (refusesToLoad) {
      throw ServingException.draining();
    }
    experts.forEach(id -> held.put(id, weights.apply(id)));
  }

  @Override
  public void unload(List<ExpertId> experts, Duration deadline) {
    if (refusesToFree) {
      throw ServingException.draining();
    }
    held.keySet().removeAll(experts);
  }

  @Override
  public PeerState state() {
    if (lost) {
      return new PeerState.Lost("gone");
    }
    return new PeerState.Ready(
        new PeerDescription(name, "1", "model", "f32", "cpu", "id", true, 1, held));
  }

  @Override
  public PeerAddress address() {
    return new PeerAddress(name, 1);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long heardNanos() {
    return 0;
  }

  @Override
  public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
    throw new UnsupportedOperationException("nobody computes here");
  }
}
