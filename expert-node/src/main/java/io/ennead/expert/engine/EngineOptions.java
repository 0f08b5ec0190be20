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
 */
public record EngineOptions(
    String device, ComputeType type, int threads, int decodeTile, int prefillTile) {

  int rows(ExpertEngine.Tile tile) {
    return switch (tile) {
      case DECODE -> decodeTile;
      case PREFILL -> prefillTile;
    };
  }
}
