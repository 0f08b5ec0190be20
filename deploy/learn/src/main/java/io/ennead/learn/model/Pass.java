package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Linear;
import io.ennead.expert.architecture.Weight;
import java.util.List;

/**
 * One pass through a model: native copies of the weights that are trained, and everything that is
 * computed. Closing frees all of it, so nothing native lasts longer than a step. The result of an
 * operation belongs to the manager of its first operand: this one's, for all that is made here.
 */
final class Pass implements AutoCloseable {
  private final NDManager manager;
  private final DataType type;
  private final NativeWeights frozen;
  private final NativeWeights weights;

  private Pass(NDManager manager, DataType type, NativeWeights frozen, NativeWeights weights) {
    this.manager = manager;
    this.type = type;
    this.frozen = frozen;
    this.weights = weights;
  }

  /**
   * Copies the weights that are trained.
   *
   * @param frozen the others; they last longer than the pass
   * @param type FLOAT32, or FLOAT64 where gradients are checked
   * @param gradients whether they will be asked for
   */
  static Pass begin(
      NDManager parent,
      NativeWeights frozen,
      List<Weight> trained,
      Weights weights,
      DataType type,
      boolean gradients) {
    NDManager manager = parent.newSubManager();
    NativeWeights own = NativeWeights.copy(manager, trained, weights, type);
    own.require(gradients);
    return new Pass(manager, type, frozen, own);
  }

  NDArray weight(Weight weight) {
    return weights.find(weight).or(() -> frozen.find(weight)).orElseThrow();
  }

  /** x [rows, inputs] times a weight [outputs, inputs] transposed. */
  NDArray linear(NDArray x, Weight weight) {
    return Linear.linear(x, weight(weight)).singletonOrThrow();
  }

  /** Some rows of a matrix, in the order given. */
  NDArray rows(NDArray matrix, long[] indices) {
    NDArray wanted = ids(indices, new Shape(indices.length));
    return wanted
        .getNDArrayInternal()
        .embedding(wanted, matrix, SparseFormat.DENSE)
        .singletonOrThrow();
  }

  NDArray ids(long[] ids, Shape shape) {
    return manager.create(ids, shape);
  }

  /** A constant. */
  NDArray floats(float[] values, Shape shape) {
    return NativeWeights.floats(manager, values, shape, type);
  }

  /**
   * A constant of no dimensions. DJL's operations with a Number must not be used: they close their
   * operand at once, autograd goes on to read it in the backward pass, and when the garbage
   * collector has freed its buffer by then, gradients are wrong.
   */
  NDArray number(double value) {
    return type == DataType.FLOAT32 ? manager.create((float) value) : manager.create(value);
  }

  /** The gradients that the last backward pass left. */
  Weights gradients() {
    return weights.gradients(manager);
  }

  @Override
  public void close() {
    manager.close();
  }
}
