package io.ennead.router.model;

import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.wire.ComputeType;

/**
 * How the dense part computes.
 *
 * @param device "cpu" or "cuda:N"
 * @param type number format of the products and of the KV cache
 * @param threads native threads per call
 * @param decodeTile rows per product when decoding, and for logits
 * @param prefillTile rows per product otherwise
 * @param fixedTiles pad every product to its tile, so that bits do not depend on the batch;
 *     otherwise a product has as many rows as there are
 * @param blocks KV blocks, the one for padding not counted
 * @param blockSize positions per KV block
 */
public record DecoderOptions(
    String device,
    ComputeType type,
    int threads,
    int decodeTile,
    int prefillTile,
    boolean fixedTiles,
    int blocks,
    int blockSize) {

  /** Rows per product of a call with so many rows. */
  int tile(Phase phase, int rows) {
    if (!fixedTiles) {
      return Math.max(rows, 1);
    }
    return switch (phase) {
      case DECODE -> decodeTile;
      case PREFILL -> prefillTile;
    };
  }
}
