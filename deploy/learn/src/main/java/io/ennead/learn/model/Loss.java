package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;

/**
 * What a pass comes to, as scalars of its manager.
 *
 * @param total what to differentiate
 * @param crossEntropy as in {@link Losses}
 * @param divergence as in {@link Losses}; empty: none
 */
record Loss(NDArray total, NDArray crossEntropy, Optional<NDArray> divergence) {

  /** Of text alone. */
  static Loss of(NDArray crossEntropy) {
    return new Loss(crossEntropy, crossEntropy, Optional.empty());
  }

  /** The mean negative log-probability of the first rows' own tokens; of {@code rows} of them. */
  static NDArray crossEntropy(Pass pass, NDArray logProbs, Batch batch, int rows) {
    long[] targets = new long[rows];
    int length = batch.length();
    for (int i = 0; i < rows; i++) {
      targets[i] = batch.tokens()[i / length][i % length + 1];
    }
    return logProbs.gather(pass.ids(targets, new Shape(rows, 1)), 1).mean().neg();
  }

  Losses losses() {
    return new Losses(
        number(total), number(crossEntropy), divergence.map(Loss::number).orElse(Double.NaN));
  }

  private static double number(NDArray scalar) {
    return scalar.toType(DataType.FLOAT64, false).getDouble();
  }
}
