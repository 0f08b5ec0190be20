package io.ennead.cli.cluster;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.wire.Rows;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Wrong on purpose: when an expert gets more than three rows of a decoding step, its outputs are
 * off by one unit in the last place, as those of a kernel are that adds in another order for larger
 * batches. Which numbers of rows change real kernels' order depends on the processor; this does
 * not.
 */
final class BatchDependentExperts implements ExpertEngine {
  /** More than one request's continuations ever have in a step. */
  private static final int ROWS = 3;

  private final ExpertEngine experts;

  BatchDependentExperts(ExpertEngine experts) {
    this.experts = experts;
  }

  @Override
  public Rows run(int layer, Tile tile, Rows rows, List<Slice> slices) {
    float[] outputs = experts.run(layer, tile, rows, slices).toArray().clone();
    int first = 0;
    for (Slice slice : slices) {
      int end = first + slice.rows().length * hidden();
      if (tile == Tile.DECODE && slice.rows().length > ROWS) {
        nudge(outputs, first, end);
      }
      first = end;
    }
    return Rows.of(outputs, hidden());
  }

  private static void nudge(float[] outputs, int first, int end) {
    for (int i = first; i < end; i++) {
      outputs[i] = Math.nextUp(outputs[i]);
    }
  }

  @Override
  public void load(Checkpoint checkpoint, List<ExpertId> more, Consumer<LoadProgress> progress) {
    experts.load(checkpoint, more, progress);
  }

  @Override
  public void unload(Collection<ExpertId> some) {
    experts.unload(some);
  }

  @Override
  public SortedMap<ExpertId, String> fingerprints() {
    return experts.fingerprints();
  }

  @Override
  public int hidden() {
    return experts.hidden();
  }

  @Override
  public String numericsId() {
    return experts.numericsId();
  }

  @Override
  public void close() {
    experts.close();
  }
}
