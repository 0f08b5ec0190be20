package io.ennead.expert.batch;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One call while it waits. Identity matters: two calls of equal content are two calls. */
final class Call {
  private final int layer;
  private final Tile tile;
  private final float[] rows;
  private final List<Slice> slices;
  private final int hidden;
  private final int outputRows;
  private final long arrivedNanos = System.nanoTime();
  private final CompletableFuture<BatchResult> result = new CompletableFuture<>();

  Call(int layer, Tile tile, float[] rows, List<Slice> slices, int hidden) {
    this.layer = layer;
    this.tile = tile;
    this.rows = rows;
    this.slices = List.copyOf(slices);
    this.hidden = hidden;
    this.outputRows = this.slices.stream().mapToInt(s -> s.rows().length).reduce(0, Math::addExact);
  }

  int layer() {
    return layer;
  }

  Tile tile() {
    return tile;
  }

  /** [inputRows, hidden]. */
  float[] rows() {
    return rows;
  }

  List<Slice> slices() {
    return slices;
  }

  int inputRows() {
    return rows.length / hidden;
  }

  int outputRows() {
    return outputRows;
  }

  /** What the call counts for in the bounds. */
  int size() {
    return Math.max(inputRows(), outputRows);
  }

  long bytes() {
    return Float.BYTES * (rows.length + (long) outputRows * hidden);
  }

  boolean joins(Call other) {
    return layer == other.layer && tile == other.tile;
  }

  CompletableFuture<BatchResult> result() {
    return result;
  }

  long waited(long startedNanos) {
    return startedNanos - arrivedNanos;
  }

  void complete(float[] outputs, long startedNanos, long computeNanos) {
    result.complete(new BatchResult(outputs, waited(startedNanos), computeNanos));
  }
}
