package io.ennead.benchmarks;

import io.ennead.v1.DataType;
import io.ennead.v1.Tensor;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Rows to bytes of a message and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CodecBenchmark {
  /** Rows of a call. */
  @Param({"2", "64"})
  public int rows;

  /** Width of a row. */
  @Param({"4096"})
  public int hidden;

  /** What rows travel as. */
  @Param({"F32", "BF16"})
  public ComputeType dtype = ComputeType.F32;

  private DataType type = DataType.DATA_TYPE_F32;
  private float[] values = {};
  private Tensor tensor = Tensor.getDefaultInstance();

  /** Makes the inputs. */
  @Setup
  public void prepare() {
    type = dtype.wireType();
    values = Numbers.normal(rows * hidden, 1);
    tensor = encode();
  }

  /** Floats to a message's tensor. */
  @Benchmark
  public Tensor encode() {
    return TensorCodec.encode(values, type, rows, hidden);
  }

  /** A message's tensor to floats. */
  @Benchmark
  public float[] decode() {
    return TensorCodec.floats(tensor, "rows");
  }
}
