package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.ennead.expert.architecture.Weight;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Native copies of weights, which their manager owns. */
final class NativeWeights {
  /** Of no weight. */
  static final NativeWeights NONE = new NativeWeights(Map.of());

  private final Map<String, NDArray> arrays;

  private NativeWeights(Map<String, NDArray> arrays) {
    this.arrays = arrays;
  }

  /** Copies numbers. */
  static NativeWeights copy(
      NDManager manager, List<Weight> weights, Weights numbers, DataType type) {
    Map<String, NDArray> arrays = new HashMap<>();
    for (Weight weight : weights) {
      Shape shape =
          weight.columns() == 1
              ? new Shape(weight.rows())
              : new Shape(weight.rows(), weight.columns());
      arrays.put(weight.tensor(), floats(manager, numbers.get(weight.tensor()), shape, type));
    }
    return new NativeWeights(arrays);
  }

  static NDArray floats(NDManager manager, float[] values, Shape shape, DataType type) {
    NDArray array = manager.create(FloatBuffer.wrap(values), shape, DataType.FLOAT32);
    return type == DataType.FLOAT32 ? array : array.toType(type, false);
  }

  Optional<NDArray> find(Weight weight) {
    return Optional.ofNullable(arrays.get(weight.tensor()));
  }

  void require(boolean gradients) {
    arrays.values().forEach(array -> array.setRequiresGradient(gradients));
  }

  /** What the last backward pass left. */
  Weights gradients(NDManager manager) {
    SortedMap<String, float[]> gradients = new TreeMap<>();
    arrays.forEach(
        (name, weight) -> {
          NDArray gradient = weight.getGradient();
          gradient.attach(manager);
          gradients.put(name, gradient.toType(DataType.FLOAT32, false).toFloatArray());
        });
    return Weights.of(gradients);
  }
}
