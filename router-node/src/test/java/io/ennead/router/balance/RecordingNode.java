package io.ennead.router.balance;

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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A node that holds what it is told to and writes that down. */
final class RecordingNode implements ExpertHolder {
  private final String name;
  private final List<String> told;
  private final Set<ExpertId> held = ConcurrentHashMap.newKeySet();
  private final CountDownLatch heldUp = new CountDownLatch(1);
  private volatile CountDownLatch mayGo = new CountDownLatch(0);
  private volatile boolean refuses;
  private volatile boolean lost;

  RecordingNode(String name, List<String> told, ExpertId... experts) {
    this.name = name;
    this.told = told;
    this.held.addAll(List.of(experts));
  }

  boolean holds(ExpertId id) {
    return held.contains(id);
  }

  void refuse() {
    refuses = true;
  }

  void lose() {
    lost = true;
  }

  /** Loading waits from now on. */
  void hold() {
    mayGo = new CountDownLatch(1);
  }

  void awaitHeld() {
    await(heldUp);
  }

  void letGo() {
    mayGo.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void load(List<ExpertId> experts, Optional<PackSource> pack, Duration deadline) {
    if (refuses) {
      throw ServingException.draining();
    }
    heldUp.countDown();
    await(mayGo);
    tell("loads", experts);
    held.addAll(experts);
  }

  @Override
  public void unload(List<ExpertId> experts, Duration deadline) {
    tell("frees", experts);
    held.removeAll(experts);
  }

  private void tell(String what, List<ExpertId> experts) {
    experts.forEach(id -> told.add("%s %s %d/%d".formatted(name, what, id.layer(), id.expert())));
  }

  @Override
  public PeerState state() {
    Map<ExpertId, String> experts =
        held.stream().collect(Collectors.toMap(Function.identity(), id -> "hash"));
    return lost
        ? new PeerState.Lost("gone")
        : new PeerState.Ready(
            new PeerDescription(name, "1", "model", "f32", "cpu", "id", true, 1, experts));
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
