package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Linear;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One pass through a model: native copies of its weights, and everything that is computed from
 * them. Closing frees all of it, so nothing native lasts longer than a step. The result of an
 * operation belongs to the manager of its first operand: this one's, for all that is made here.
 */
final class Pass implements AutoCloseable {
  private final NDManager manager;
  private final DataType type;
  private final Map<String, NDArray> weights = new HashMap<>();

  private Pass(NDManager manager, DataType type) {
    this.manager = manager;
    this.type = type;
  }

  /**
   * Copies the weights.
   *
   * @param type FLOAT32, or FLOAT64 where gradients are checked
   * @param gradients whether they will be asked for
   */
  static Pass begin(
      NDManager parent, ModelConfig config, Weights weights, DataType type, boolean gradients) {
    Pass pass = new Pass(parent.newSubManager(), type);
    for (Weight weight : Weights.all(config)) {
      Shape shape =
          weight.columns() == 1
              ? new Shape(weight.rows())
              : new Shape(weight.rows(), weight.columns());
      NDArray array = pass.floats(weights.get(weight.tensor()), shape);
      array.setRequiresGradient(gradients);
      pass.weights.put(weight.tensor(), array);
    }
    return pass;
  }

  NDArray weight(Weight weight) {
    NDArray array = weights.get(weight.tensor());
    if (array == null) {
      throw new IllegalArgumentException("weight: " + weight.tensor());
    }
    return array;
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
    NDArray array = manager.create(FloatBuffer.wrap(values), shape, DataType.FLOAT32);
    return type == DataType.FLOAT32 ? array : array.toType(type, false);
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
    SortedMap<String, float[]> gradients = new TreeMap<>();
    weights.forEach(
        (name, weight) -> {
          NDArray gradient = weight.getGradient();
          gradient.attach(manager);
          gradients.put(name, gradient.toType(DataType.FLOAT32, false).toFloatArray());
        });
    return Weights.of(gradients);
  }

  @Override
  public void close() {
    manager.close();
  }
}
