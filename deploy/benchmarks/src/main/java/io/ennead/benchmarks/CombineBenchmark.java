package io.ennead.benchmarks;

import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.List;
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

/** What the router does with a layer's outputs: the routing turned round, and the weighted sum. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CombineBenchmark {
  private static final int EXPERTS = 8;
  private static final int EXPERTS_PER_ROW = 2;

  /** Rows of a step. */
  @Param({"1", "32"})
  public int rows;

  /** Width of a row. */
  @Param({"4096"})
  public int hidden;

  private Routing routing = new Routing(0, 1, new int[0], new float[0]);
  private List<ExpertRows> experts = List.of();
  private Rows outputs = Rows.of(new float[0], 1);

  /** Makes the inputs. */
  @Setup
  public void prepare() {
    int[] ids = new int[rows * EXPERTS_PER_ROW];
    Arrays.setAll(ids, place -> place % EXPERTS);
    float[] weights = new float[ids.length];
    Arrays.fill(weights, 0.5f);
    routing = new Routing(rows, EXPERTS_PER_ROW, ids, weights);
    experts = ExpertRows.of(routing);
    outputs = Rows.of(Numbers.normal(ids.length * hidden, 1), hidden);
  }

  /** Rows by expert. */
  @Benchmark
  public List<ExpertRows> group() {
    return ExpertRows.of(routing);
  }

  /** The sum of all experts' outputs. */
  @Benchmark
  public float[] add() {
    float[] sum = new float[rows * hidden];
    int first = 0;
    for (ExpertRows expert : experts) {
      expert.addTo(sum, outputs, first);
      first += expert.rows().length;
    }
    return sum;
  }
}
