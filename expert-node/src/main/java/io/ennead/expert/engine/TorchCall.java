package io.ennead.expert.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One call of a module's method: arguments in order, then one of the {@code run} methods, then
 * {@link #close()}, which frees every native value of the call. Used by one thread.
 */
public final class TorchCall implements AutoCloseable {
  private final PtSymbolBlock block;
  private final PtNDManager manager;
  private final String method;
  private final List<IValue> arguments = new ArrayList<>();

  TorchCall(PtSymbolBlock block, PtNDManager manager, String method) {
    this.block = block;
    this.manager = manager;
    this.method = method;
  }

  /** An int argument. */
  public TorchCall with(long value) {
    return add(IValue.from(value));
  }

  /** A float argument. */
  public TorchCall with(double value) {
    return add(IValue.from(value));
  }

  /** A bool argument. */
  public TorchCall with(boolean value) {
    return add(IValue.from(value));
  }

  /** A str argument. */
  public TorchCall with(String value) {
    return add(IValue.from(value));
  }

  /** A list of ints; not empty, since the engine cannot tell the type of an empty list. */
  public TorchCall withList(long... values) {
    return add(IValue.listFrom(values));
  }

  /** A tensor of 64-bit integers of one dimension. */
  public TorchCall withIds(long... values) {
    return add(tensor(DataType.INT64, LongBuffer.wrap(values), new Shape(values.length)));
  }

  /** A float tensor of a copy of the array. */
  public TorchCall withFloats(float[] values, long... shape) {
    return add(tensor(DataType.FLOAT32, FloatBuffer.wrap(values), new Shape(shape)));
  }

  /**
   * A float tensor over a direct buffer in the machine's byte order, from its start. It is not
   * copied: it must stay as it is until the call is over.
   */
  public TorchCall withFloats(ByteBuffer values, long... shape) {
    Shape dimensions = new Shape(shape);
    ByteBuffer exact =
        values
            .slice(0, Math.toIntExact(dimensions.size() * Float.BYTES))
            .order(ByteOrder.nativeOrder());
    return add(tensor(DataType.FLOAT32, exact, dimensions));
  }

  private IValue tensor(DataType type, Buffer values, Shape shape) {
    return IValue.from(manager.create(values, shape, type));
  }

  private TorchCall add(IValue value) {
    arguments.add(value);
    return this;
  }

  /** Runs a method that gives an int. */
  public long runLong() {
    try (IValue result = run()) {
      return result.toLong();
    }
  }

  /** Runs a method that gives a float tensor. */
  public float[] runFloats() {
    try (IValue result = run()) {
      return result.toTensor(manager).toFloatArray();
    }
  }

  /** Runs a method that gives a tuple of float tensors. */
  public List<float[]> runTuple() {
    try (IValue result = run()) {
      return Arrays.stream(result.toIValueTuple()).map(this::floats).toList();
    }
  }

  private float[] floats(IValue value) {
    try (value) {
      return value.toTensor(manager).toFloatArray();
    }
  }

  private IValue run() {
    return IValueUtils.runMethod(block, method, arguments.toArray(IValue[]::new));
  }

  @Override
  public void close() {
    arguments.forEach(IValue::close);
    manager.close();
  }
}
