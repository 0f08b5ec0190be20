package io.ennead.cli.transport;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Experts that give every row back as it came. */
final class IdentityExperts implements ExpertEngine {
  private final int hidden;
  private volatile SortedMap<ExpertId, String> fingerprints = Collections.emptySortedMap();

  private IdentityExperts(int hidden) {
    this.hidden = hidden;
  }

  /** In place of a checkpoint's experts, with their fingerprints: routers compare these. */
  static IdentityExperts load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions options,
      Consumer<LoadProgress> progress) {
    IdentityExperts all = new IdentityExperts(checkpoint.config().hiddenSize());
    List<Integer> layers = checkpoint.config().moeLayers();
    all.load(checkpoint, ExpertId.ofEveryLayer(layers, experts), progress);
    return all;
  }

  @Override
  public void load(Checkpoint checkpoint, List<ExpertId> experts, Consumer<LoadProgress> progress) {
    change(
        all ->
            experts.forEach(
                id -> all.put(id, Fingerprints.expert(checkpoint, id.layer(), id.expert()))));
  }

  @Override
  public void unload(Collection<ExpertId> experts) {
    change(all -> all.keySet().removeAll(experts));
  }

  private synchronized void change(Consumer<SortedMap<ExpertId, String>> change) {
    SortedMap<ExpertId, String> next = new TreeMap<>(fingerprints);
    change.accept(next);
    fingerprints = Collections.unmodifiableSortedMap(next);
  }

  @Override
  public Rows run(int layer, Tile tile, Rows rows, List<Slice> slices) {
    return rows.select(
        slices.stream().flatMapToInt(slice -> Arrays.stream(slice.rows())).toArray());
  }

  @Override
  public SortedMap<ExpertId, String> fingerprints() {
    return fingerprints;
  }

  @Override
  public int hidden() {
    return hidden;
  }

  @Override
  public String numericsId() {
    return "identity";
  }

  @Override
  public void close() {
    // holds nothing
  }
}
