package io.ennead.expert.batch;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.Rows;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One call while it waits. Identity matters: two calls of equal content are two calls. */
final class Call {
  private final int layer;
  private final Tile tile;
  private final Rows rows;
  private final List<Slice> slices;
  private final int outputRows;
  private final long arrivedNanos = System.nanoTime();
  private final Caller caller;
  private final CompletableFuture<BatchResult> result = new CompletableFuture<>();

  Call(int layer, Tile tile, Rows rows, List<Slice> slices, Caller caller) {
    this.layer = layer;
    this.tile = tile;
    this.rows = rows;
    this.caller = caller;
    this.slices = List.copyOf(slices);
    this.outputRows = this.slices.stream().mapToInt(s -> s.rows().length).reduce(0, Math::addExact);
  }

  Caller caller() {
    return caller;
  }

  int layer() {
    return layer;
  }

  Tile tile() {
    return tile;
  }

  /** [inputRows, hidden]. */
  Rows rows() {
    return rows;
  }

  List<Slice> slices() {
    return slices;
  }

  int inputRows() {
    return rows.count();
  }

  int outputRows() {
    return outputRows;
  }

  /** What the call counts for in the bounds. */
  int size() {
    return Math.max(inputRows(), outputRows);
  }

  long bytes() {
    return (long) Float.BYTES * rows.width() * (rows.count() + (long) outputRows);
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

  void complete(Rows outputs, long startedNanos, long computeNanos) {
    result.complete(new BatchResult(outputs, waited(startedNanos), computeNanos));
  }
}
