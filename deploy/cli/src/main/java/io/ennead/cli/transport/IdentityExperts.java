package io.ennead.cli.transport;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
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
  public float[] run(int layer, Tile tile, float[] rows, List<Slice> slices) {
    int count = slices.stream().mapToInt(slice -> slice.rows().length).sum();
    float[] outputs = new float[count * hidden];
    int at = 0;
    for (Slice slice : slices) {
      for (int row : slice.rows()) {
        System.arraycopy(rows, row * hidden, outputs, at, hidden);
        at += hidden;
      }
    }
    return outputs;
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
