package io.ennead.cli.transport;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Experts that give every row back as it came. */
final class IdentityExperts implements ExpertEngine {
  private final int hidden;
  private final SortedMap<ExpertId, String> fingerprints;

  private IdentityExperts(int hidden, SortedMap<ExpertId, String> fingerprints) {
    this.hidden = hidden;
    this.fingerprints = Collections.unmodifiableSortedMap(fingerprints);
  }

  /** In place of a checkpoint's experts, with their fingerprints: routers compare these. */
  static IdentityExperts load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions options,
      Consumer<LoadProgress> progress) {
    SortedMap<ExpertId, String> fingerprints = new TreeMap<>();
    for (int layer : checkpoint.config().moeLayers()) {
      for (int expert : experts) {
        fingerprints.put(
            new ExpertId(layer, expert), Fingerprints.expert(checkpoint, layer, expert));
      }
    }
    return new IdentityExperts(checkpoint.config().hiddenSize(), fingerprints);
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
