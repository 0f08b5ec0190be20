package io.ennead.benchmarks;

import io.ennead.router.sample.Draw;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.TokenSampler;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One token of one sequence: logits to a draw. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class SamplerBenchmark {
  /** Tokens of the model: the bundled one's, and Mixtral's. */
  @Param({"4096", "32000"})
  public int vocabulary;

  /** How tokens are chosen. */
  @Param public Kind kind = Kind.GREEDY;

  private float[] logits = {};
  private TokenSampler sampler = sampler(1);

  /** Options under their usual names. */
  public enum Kind {
    /** The most likely. */
    GREEDY,
    /** From all. */
    TEMPERATURE,
    /** From the most likely that have 95 per cent. */
    TOP_P,
    /** From the 40 most likely. */
    TOP_K
  }

  /** A sampler anew, since it keeps what it drew. */
  @Setup(Level.Iteration)
  public void prepare() {
    logits = Numbers.normal(vocabulary, 3);
    sampler = sampler(vocabulary);
  }

  private TokenSampler sampler(int tokens) {
    return new TokenSampler(options(), 1, tokens, new int[] {0}, token -> false);
  }

  private SamplingOptions options() {
    return switch (kind) {
      case GREEDY -> SamplingOptions.GREEDY;
      case TEMPERATURE -> SamplingOptions.of(0.8, 0, 1, 0);
      case TOP_P -> SamplingOptions.of(0.8, 0, 0.95, 0);
      case TOP_K -> SamplingOptions.of(0.8, 40, 1, 0);
    };
  }

  /** Draws a token. */
  @Benchmark
  public Draw draw() {
    return sampler.draw(logits, 0, 1, Set.of());
  }
}
