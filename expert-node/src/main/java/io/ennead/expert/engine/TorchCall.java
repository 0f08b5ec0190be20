package io.ennead.expert.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.ennead.wire.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of a module's method: arguments in order, then one of the {@code run} methods, then
 * {@link #close()}, which frees every native value of the call. Used by one thread.
 */
public final class TorchCall implements AutoCloseable {
  private final PtSymbolBlock block;
  private final PtNDManager manager;
  private final DirectBuffers buffers;
  private final String method;
  private final List<IValue> arguments = new ArrayList<>();
  private final List<ByteBuffer> taken = new ArrayList<>();

  TorchCall(PtSymbolBlock block, PtNDManager manager, DirectBuffers buffers, String method) {
    this.block = block;
    this.manager = manager;
    this.buffers = buffers;
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

  /** A tensor of 64-bit integers of one dimension. Like all tensors it is gone after the call. */
  public TorchCall withIds(long... values) {
    ByteBuffer copy = take(values.length, Long.BYTES);
    copy.asLongBuffer().put(values);
    return add(tensor(DataType.INT64, copy, new Shape(values.length)));
  }

  /** A float tensor of one dimension, of a copy of the array. */
  public TorchCall withFloats(float[] values) {
    return withFloats(values, new Shape(values.length));
  }

  /** A float matrix of a copy of the array, and zeros where the array ends before. */
  public TorchCall withFloats(float[] values, int rows, int columns) {
    return withFloats(values, new Shape(rows, columns));
  }

  private TorchCall withFloats(float[] values, Shape shape) {
    ByteBuffer copy = take(Math.toIntExact(shape.size()), Float.BYTES);
    FloatBuffer target = copy.asFloatBuffer().put(values);
    while (target.hasRemaining()) {
      target.put(0);
    }
    return add(tensor(DataType.FLOAT32, copy, shape));
  }

  /** A float tensor of copies of rows. */
  TorchCall withRows(Rows rows) {
    ByteBuffer copy = take(Math.multiplyExact(rows.count(), rows.width()), Float.BYTES);
    for (int row = 0; row < rows.count(); row++) {
      rows.write(row, io.ennead.v1.DataType.DATA_TYPE_F32, copy);
    }
    return add(tensor(DataType.FLOAT32, copy.rewind(), new Shape(rows.count(), rows.width())));
  }

  private ByteBuffer take(int count, int bytes) {
    ByteBuffer buffer = buffers.take(Math.multiplyExact(count, bytes));
    taken.add(buffer);
    return buffer;
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

  private IValue tensor(DataType type, ByteBuffer values, Shape shape) {
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

  /** Runs a method that gives a float tensor, and copies its first {@code count} numbers. */
  public float[] runFloats(int count) {
    try (IValue result = run()) {
      return floats(result, count);
    }
  }

  /** Runs a method that gives a matrix, and copies some of its rows, in the order given. */
  Rows runRows(int columns, int[] rows) {
    try (IValue result = run()) {
      FloatBuffer matrix = view(result);
      float[] copy = new float[rows.length * columns]; // [rows, columns]
      for (int i = 0; i < rows.length; i++) {
        matrix.get(rows[i] * columns, copy, i * columns, columns);
      }
      return Rows.of(copy, columns);
    }
  }

  /** Runs a method that gives a tuple of float tensors; copies as many numbers of each as said. */
  public List<float[]> runTuple(int... counts) {
    try (IValue result = run()) {
      IValue[] values = result.toIValueTuple();
      List<float[]> copies = new ArrayList<>();
      for (int i = 0; i < values.length; i++) {
        try (IValue value = values[i]) {
          copies.add(floats(value, counts[i]));
        }
      }
      return copies;
    }
  }

  private float[] floats(IValue value, int count) {
    float[] copy = new float[count];
    view(value).get(0, copy);
    return copy;
  }

  /** The numbers themselves, where the module left them. */
  private FloatBuffer view(IValue value) {
    return value
        .toTensor(manager)
        .toByteBuffer(true)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /**
   * Asking for the number of threads is what makes the library apply it to a thread that calls it
   * for the first time: until then products of that thread run on all processors.
   */
  private IValue run() {
    JniUtils.getNumThreads();
    return IValueUtils.runMethod(block, method, arguments.toArray(IValue[]::new));
  }

  @Override
  public void close() {
    arguments.forEach(IValue::close);
    manager.close();
    taken.forEach(buffers::give);
  }
}
