package io.ennead.router.peer;

import io.ennead.wire.Rows;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Rows of one layer for the experts of one node.
 *
 * @param rows each row once
 * @param slices which rows each expert computes; experts ascending
 */
public record PeerRequest(int layer, Tile tile, Rows rows, List<Slice> slices) {
  /** Copies the list. */
  public PeerRequest {
    slices = List.copyOf(slices);
  }

  /** Number of rows that come back. */
  int outputs() {
    return slices.stream().mapToInt(slice -> slice.rows().length).sum();
  }

  /** The experts, as "3, 5". */
  String experts() {
    return slices.stream()
        .map(slice -> Integer.toString(slice.expert()))
        .collect(Collectors.joining(", "));
  }

  /** Rows of one expert: indices into the request's rows. */
  public record Slice(int expert, int[] rows) {}

  /** The fixed numbers of rows that kernels are called with. */
  public enum Tile {
    /** Few rows: one per sequence. */
    DECODE,
    /** Many rows of few sequences. */
    PREFILL
  }
}
