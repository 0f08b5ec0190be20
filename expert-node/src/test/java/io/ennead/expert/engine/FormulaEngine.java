package io.ennead.expert.engine;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.wire.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An engine of plain arithmetic: {@code out[i] = in[i] * (expert + 1) + layer + (PREFILL ? 0.5 :
 * 0)}, exact for small whole numbers. Can be held up, and can fail. Remembers its runs.
 */
public final class FormulaEngine implements ExpertEngine {
  private final int hidden;
  private final Semaphore permits = new Semaphore(0);
  private final CountDownLatch entered = new CountDownLatch(1);
  private final List<Run> runs = new ArrayList<>();
  private final List<String> threads = new ArrayList<>();
  private volatile boolean blocked;
  private volatile boolean broken;
  private volatile boolean closed;
  private volatile RuntimeException failure;
  private volatile SortedMap<ExpertId, String> fingerprints = everything();

  /** What one run was asked for. */
  public record Run(int layer, Tile tile, int rows, List<Slice> slices) {}

  /** An engine of rows of this width. */
  public FormulaEngine(int hidden) {
    this.hidden = hidden;
  }

  private static SortedMap<ExpertId, String> everything() {
    SortedMap<ExpertId, String> all = new TreeMap<>();
    for (int layer = 0; layer < 16; layer++) {
      for (int expert = 0; expert < 16; expert++) {
        all.put(new ExpertId(layer, expert), "");
      }
    }
    return all;
  }

  /** What a row becomes. */
  public static float output(float input, int layer, Tile tile, int expert) {
    return input * (expert + 1) + layer + (tile == Tile.PREFILL ? 0.5f : 0f);
  }

  /** Every run from now on waits for {@link #release}. */
  public void block() {
    blocked = true;
  }

  /** Waits until a run has begun. */
  public void awaitEntered() throws InterruptedException {
    if (!entered.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the engine was not called");
    }
  }

  /** Lets every run pass. */
  public void release() {
    blocked = false;
    permits.release(1_000_000);
  }

  /** Every run from now on fails; null: none. */
  public void failWith(RuntimeException failure) {
    this.failure = failure;
  }

  /** What it says that it holds. */
  public void hold(SortedMap<ExpertId, String> experts) {
    fingerprints = experts;
  }

  /** Every output from now on is NaN. */
  public void breakOutputs() {
    broken = true;
  }

  /** All runs so far. */
  public synchronized List<Run> runs() {
    return List.copyOf(runs);
  }

  /** The thread of each run so far. */
  public synchronized List<String> threads() {
    return List.copyOf(threads);
  }

  /** Whether the engine was closed. */
  public boolean closed() {
    return closed;
  }

  @Override
  public Rows run(int layer, Tile tile, Rows rows, List<Slice> slices) {
    if (closed) {
      throw new IllegalStateException("engine is closed");
    }
    synchronized (this) {
      runs.add(new Run(layer, tile, rows.count(), slices));
      threads.add(Thread.currentThread().getName());
    }
    entered.countDown();
    if (blocked) {
      permits.acquireUninterruptibly();
    }
    if (failure != null) {
      throw failure;
    }
    return Rows.of(compute(layer, tile, rows.toArray(), slices), hidden);
  }

  private float[] compute(int layer, Tile tile, float[] rows, List<Slice> slices) {
    float[] outputs = new float[slices.stream().mapToInt(s -> s.rows().length).sum() * hidden];
    if (broken) {
      Arrays.fill(outputs, Float.NaN);
      return outputs;
    }
    int at = 0;
    for (Slice slice : slices) {
      for (int row : slice.rows()) {
        for (int column = 0; column < hidden; column++) {
          outputs[at++] = output(rows[row * hidden + column], layer, tile, slice.expert());
        }
      }
    }
    return outputs;
  }

  @Override
  public void load(Checkpoint checkpoint, List<ExpertId> experts, Consumer<LoadProgress> progress) {
    SortedMap<ExpertId, String> all = new TreeMap<>(fingerprints);
    experts.forEach(id -> all.put(id, Fingerprints.expert(checkpoint, id.layer(), id.expert())));
    fingerprints = all;
  }

  @Override
  public void unload(Collection<ExpertId> experts) {
    SortedMap<ExpertId, String> left = new TreeMap<>(fingerprints);
    left.keySet().removeAll(experts);
    fingerprints = left;
  }

  @Override
  public int hidden() {
    return hidden;
  }

  @Override
  public SortedMap<ExpertId, String> fingerprints() {
    return fingerprints;
  }

  @Override
  public String numericsId() {
    return "formula";
  }

  @Override
  public void close() {
    closed = true;
  }
}
