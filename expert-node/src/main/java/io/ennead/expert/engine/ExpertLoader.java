package io.ennead.expert.engine;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.TensorInfo;
import io.ennead.expert.checkpoint.WeightReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Moves experts from the checkpoint into the module, a few rows at a time through one buffer, so
 * that no second copy of a tensor is ever resident. An expert is hashed on a second thread while
 * the one before is converted: its bytes come from the disk once, and from the page cache then.
 */
final class ExpertLoader {
  private final ExpertSlots slots;
  private final Checkpoint checkpoint;
  private final Consumer<LoadProgress> progress;
  private final ModelConfig config;
  private final WeightReader reader;
  private final Map<ExpertId, Integer> places = new HashMap<>();
  private final SortedMap<ExpertId, String> fingerprints = new TreeMap<>();
  private long doneBytes;
  private long totalBytes;

  ExpertLoader(ExpertSlots slots, Checkpoint checkpoint, Consumer<LoadProgress> progress) {
    this.slots = slots;
    this.checkpoint = checkpoint;
    this.progress = progress;
    this.config = checkpoint.config();
    this.reader = new WeightReader(checkpoint);
  }

  /** Slots of the experts loaded. */
  Map<ExpertId, Integer> places() {
    return places;
  }

  /** Fingerprints of the experts loaded. */
  SortedMap<ExpertId, String> fingerprints() {
    return fingerprints;
  }

  /** Loads experts; after a failure {@link #places} tells what is to be released. */
  void load(List<ExpertId> experts) {
    totalBytes = experts.stream().mapToLong(this::bytes).sum();
    ExecutorService hashing = Executors.newSingleThreadExecutor(ExpertLoader::daemon);
    try {
      load(experts, hashing);
    } finally {
      hashing.shutdownNow();
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "expert-hashing");
    thread.setDaemon(true);
    return thread;
  }

  private void load(List<ExpertId> all, ExecutorService hashing) {
    @Nullable Future<String> next = null;
    for (int i = 0; i < all.size(); i++) {
      ExpertId id = all.get(i);
      Future<String> own = next == null ? hash(id, hashing) : next;
      next = i + 1 < all.size() ? hash(all.get(i + 1), hashing) : null;
      places.put(id, slots.allocate());
      loadExpert(ffn(id), places.get(id));
      fingerprints.put(id, await(own));
      doneBytes += bytes(id);
      progress.accept(new LoadProgress(doneBytes, totalBytes));
    }
  }

  private Future<String> hash(ExpertId id, ExecutorService hashing) {
    return hashing.submit(() -> Fingerprints.expert(checkpoint, id.layer(), id.expert()));
  }

  private static String await(Future<String> hash) {
    try {
      return hash.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while loading", e);
    }
  }

  private GatedFfn ffn(ExpertId id) {
    return config.moe(id.layer()).experts().get(id.expert());
  }

  private long bytes(ExpertId id) {
    return ffn(id).weights().mapToLong(this::storedBytes).sum();
  }

  /** Its share of the tensors that hold it. */
  private long storedBytes(Weight weight) {
    long elements = weight.storedShape().stream().reduce(1L, Math::multiplyExact);
    long bytes = checkpoint.require(weight).stream().mapToLong(TensorInfo::bytes).sum();
    return Math.round((double) bytes * weight.size() / elements);
  }

  private void loadExpert(GatedFfn ffn, int slot) {
    List<Linear> parts = List.of(ffn.gate(), ffn.up(), ffn.down());
    for (int i = 0; i < parts.size(); i++) {
      int part = i;
      Linear map = parts.get(i);
      int columns = map.weight().columns();
      reader.read(
          map.weight(),
          (row, count, values) -> slots.fill(slot, part, row, values, count, columns));
      map.bias()
          .ifPresent(
              bias ->
                  reader.read(
                      bias,
                      (row, count, values) -> slots.fillBias(slot, part, row, values, count)));
    }
  }
}
