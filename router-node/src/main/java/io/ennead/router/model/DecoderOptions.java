package io.ennead.router.model;

import io.ennead.wire.ComputeType;

/**
 * How the dense part computes.
 *
 * @param device "cpu" or "cuda:N"
 * @param type number format of the products and of the KV cache
 * @param threads native threads per call
 * @param decodeTile rows per product when decoding, and for logits
 * @param prefillTile rows per product otherwise
 * @param fixedTiles pad every product to its tile, or to another number of rows that gives the same
 *     bits, so that these do not depend on the batch; otherwise a product has as many rows as there
 *     are
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
    int blockSize) {}
