package io.ennead.benchmarks;

import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.ScoredGate;
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

/** The gate of one layer: logits to experts and weights. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class GateBenchmark {
  /** Rows of a step. */
  @Param({"1", "32"})
  public int rows;

  /** Experts of a layer: as Mixtral's, and as Qwen3's. */
  @Param({"8", "128"})
  public int experts;

  private ScoredGate gate = ScoredGate.softmax(8, 2);
  private RoutedRows routed = RoutedRows.of(1, RoutingOptions.DEFAULT);
  private float[] logits = {};

  /** Makes the inputs. */
  @Setup
  public void prepare() {
    gate = ScoredGate.softmax(experts, Math.max(2, experts / 16));
    routed = RoutedRows.of(rows, RoutingOptions.DEFAULT);
    logits = Numbers.normal(rows * experts, 2);
  }

  /** Routes the rows. */
  @Benchmark
  public Routing route() {
    return gate.route(0, logits, routed);
  }
}
