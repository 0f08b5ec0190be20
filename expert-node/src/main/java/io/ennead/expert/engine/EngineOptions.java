package io.ennead.expert.engine;

import io.ennead.wire.ComputeType;

/**
 * How an engine computes.
 *
 * @param device "cpu" or "cuda:N"
 * @param type number format of the products
 * @param threads native threads per call
 * @param decodeTile rows per kernel call when decoding
 * @param prefillTile rows per kernel call otherwise
 * @param fixedTiles pad every kernel call to its tile, so that bits do not depend on the batch;
 *     otherwise a call has as many rows as there are
 */
public record EngineOptions(
    String device,
    ComputeType type,
    int threads,
    int decodeTile,
    int prefillTile,
    boolean fixedTiles) {

  /** Rows per kernel call; 0: as many as there are. */
  int rows(ExpertEngine.Tile tile) {
    if (!fixedTiles) {
      return 0;
    }
    return switch (tile) {
      case DECODE -> decodeTile;
      case PREFILL -> prefillTile;
    };
  }
}
