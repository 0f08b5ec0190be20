package io.ennead.expert.engine;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.wire.Rows;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Runs the experts of one layer on rows. A row's output depends on the row, the expert, the weights
 * and the tile, never on the other rows of the call nor on their number.
 *
 * <p>Implementations are safe for use by several threads; calls may run one after the other.
 */
public interface ExpertEngine extends AutoCloseable {

  /**
   * Runs experts on rows.
   *
   * @param layer layer index
   * @param tile rows per kernel call, which decides the bits
   * @param rows [n, hidden]
   * @param slices which rows each expert computes; each expert of the layer at most once
   * @return [sum of slice lengths, hidden], slice after slice
   */
  Rows run(int layer, Tile tile, Rows rows, List<Slice> slices);

  /**
   * Loads experts that it does not hold yet; runs go on meanwhile. After a failure none of them is
   * held.
   *
   * @param progress told after every expert; what it throws ends the load
   */
  void load(Checkpoint checkpoint, List<ExpertId> experts, Consumer<LoadProgress> progress);

  /** Frees experts. Runs that name one fail from now on. */
  void unload(Collection<ExpertId> experts);

  /**
   * The experts it holds now, each with the hash of its weights ({@code checkpoint.Fingerprints}).
   */
  SortedMap<ExpertId, String> fingerprints();

  /** Width of a row. */
  int hidden();

  /**
   * Hash of the output bits of a fixed probe batch; engines with the same id give the same bits.
   */
  String numericsId();

  @Override
  void close();

  /** Rows of one expert: indices into the call's rows. */
  record Slice(int expert, int[] rows) {}

  /** The fixed numbers of rows that kernels are called with. */
  enum Tile {
    /** Few rows: one per sequence. */
    DECODE,
    /** Many rows of few sequences. */
    PREFILL
  }
}
