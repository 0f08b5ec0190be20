package io.ennead.expert.batch;

import io.ennead.wire.Rows;

/**
 * Outputs of one call.
 *
 * @param outputs [sum of slice lengths, hidden], slice after slice as the call had them
 * @param queueNanos from submission to the start of the computation
 * @param computeNanos the computation of the whole batch that the call was part of
 */
public record BatchResult(Rows outputs, long queueNanos, long computeNanos) {}
