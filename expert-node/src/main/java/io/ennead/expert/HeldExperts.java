package io.ennead.expert;

import io.ennead.errors.ServingException;
import io.ennead.expert.api.ExpertChanges;
import io.ennead.expert.api.ExpertGrpcService;
import io.ennead.expert.api.ServedExperts;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.batch.ExpertBatcher;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.expert.pack.PackSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The experts of a running node. What is loaded is announced when it is warm; what is to leave is
 * computed for as long as routers may not have seen that it does, and freed between two runs.
 */
final class HeldExperts implements ExpertChanges, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(HeldExperts.class);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final long STOP_SECONDS = 60;

  private final ExpertConfig config;
  private final ExpertEngine engine;
  private final ExpertGrpcService service;
  private final ReentrantLock change = new ReentrantLock();
  private final Map<ExpertId, PackSource> packed = new HashMap<>(); // under the lock
  private volatile boolean stopped;

  private volatile ServedExperts served; // changed under the lock

  /**
   * Begins with what was loaded at the start.
   *
   * @param engine closed with this, after the batcher of {@code served}
   */
  HeldExperts(
      ExpertConfig config, ExpertEngine engine, ServedExperts served, ExpertGrpcService service) {
    this.config = config;
    this.engine = engine;
    this.served = served;
    this.service = service;
  }

  /** Lets callers in. */
  ServedExperts serve() {
    service.serve(served, this);
    return served;
  }

  @Override
  public ServedExperts load(List<ExpertId> experts, Optional<PackSource> pack) {
    begin();
    try {
      pack.ifPresent(from -> requireNoOther(experts, from));
      List<ExpertId> missing = new ArrayList<>(experts);
      missing.removeAll(engine.fingerprints().keySet());
      if (!missing.isEmpty()) {
        requireRoom(missing.size());
        load(missing, pack.map(from -> packed(missing, from)).orElseGet(() -> own(missing)));
        pack.ifPresent(from -> missing.forEach(id -> packed.put(id, from)));
        announce(Set.of());
        logger.info("loaded {}, generation {}", missing, served.generation());
      }
      return served;
    } finally {
      change.unlock();
    }
  }

  private void begin() {
    if (stopped) {
      throw ServingException.draining();
    }
    if (!change.tryLock()) {
      throw ServingException.queueFull("changes of experts", 1, RETRY_AFTER);
    }
  }

  private void requireNoOther(List<ExpertId> experts, PackSource from) {
    for (ExpertId id : experts) {
      PackSource held = packed.getOrDefault(id, from);
      if (!held.equals(from)) {
        throw ServingException.invalidField(
            "experts", id, "an id under which pack %s holds nothing".formatted(held.id()));
      }
    }
  }

  private void requireRoom(int more) {
    int held = engine.fingerprints().size();
    if (config.maxExperts() > 0 && held + more > config.maxExperts()) {
      throw ServingException.invalidField(
          "experts",
          "%d beside %d that are held".formatted(more, held),
          "at most %d in all (max-experts)".formatted(config.maxExperts()));
    }
  }

  private Checkpoint packed(List<ExpertId> missing, PackSource from) {
    ExpertPack pack =
        new PackDirectory(config.packs(), served.model(), served.modelFingerprint())
            .open(from.id(), from.contentHash());
    Set<ExpertId> ids = Set.copyOf(pack.ids(from.first()));
    for (ExpertId id : missing) {
      if (!ids.contains(id)) {
        throw ServingException.invalidField("experts", id, "experts of pack " + from.id());
      }
    }
    return pack.placed(from.first());
  }

  private Checkpoint own(List<ExpertId> missing) {
    Checkpoint checkpoint = Checkpoint.open(config.model());
    for (ExpertId id : missing) {
      if (!checkpoint.hasExpert(id.layer(), id.expert())) {
        throw ServingException.invalidField(
            "experts", id, "experts whose tensors are in the node's model directory");
      }
    }
    return checkpoint;
  }

  private void load(List<ExpertId> missing, Checkpoint checkpoint) {
    try {
      engine.load(checkpoint, missing, this::requireRunning);
      WarmUp.run(engine, missing);
    } catch (CancellationException e) {
      throw ServingException.draining();
    } catch (RuntimeException | Error e) {
      engine.unload(missing); // nobody has heard of them
      throw ServingException.engineFailure("cannot load " + missing, e);
    }
  }

  private void requireRunning(LoadProgress progress) {
    if (stopped) {
      throw new CancellationException("stopped while loading");
    }
  }

  @Override
  public ServedExperts unload(List<ExpertId> experts) {
    begin();
    try {
      Set<ExpertId> leaving = Set.copyOf(experts);
      if (served.fingerprints().keySet().stream().anyMatch(leaving::contains)) {
        announce(leaving);
        TimeUnit.MILLISECONDS.sleep(config.drainDelay().toMillis());
        served.batcher().betweenRuns(() -> engine.unload(leaving));
        packed.keySet().removeAll(leaving);
        publish(served.generation(), Set.of());
        logger.info("unloaded {}, generation {}", leaving, served.generation());
      }
      return served;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ServingException.draining();
    } finally {
      change.unlock();
    }
  }

  /** Under a new generation. */
  private void announce(Set<ExpertId> leaving) {
    int counter = served.generation().lastIndexOf(':') + 1;
    long next = Long.parseLong(served.generation().substring(counter)) + 1;
    publish(served.generation().substring(0, counter) + next, leaving);
  }

  private void publish(String generation, Set<ExpertId> leaving) {
    served = served.holding(generation, engine.fingerprints(), leaving);
    service.serve(served, this);
  }

  /** Ends the change in progress at its next step, then batcher and engine. */
  @Override
  public void close() {
    stopped = true;
    ExpertBatcher batcher = served.batcher();
    batcher.close();
    if (changeEnded() && batcher.stopped()) {
      engine.close();
    } else { // freeing memory that a run still reads would end the process
      logger.error("the engine still works; it is left to the end of the process");
    }
  }

  private boolean changeEnded() {
    try {
      return change.tryLock(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
