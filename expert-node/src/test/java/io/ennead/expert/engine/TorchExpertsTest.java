package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernels on the demo model's weights against plain double arithmetic. */
@TestInstance(Lifecycle.PER_CLASS)
class TorchExpertsTest {
  private static final int HIDDEN = 192;
  private static final List<Integer> ALL = IntStream.range(0, 8).boxed().toList();

  private final Checkpoint checkpoint = Checkpoint.open(Path.of("../deploy/models/demo"));
  private final List<LoadProgress> progress = new ArrayList<>();
  private TorchExperts f32;
  private TorchExperts bf16;

  @BeforeAll
  void load() {
    f32 = load(ComputeType.F32, 8, 64, ALL);
    bf16 = load(ComputeType.BF16, 8, 64, ALL);
  }

  @AfterAll
  void close() {
    f32.close();
    bf16.close();
  }

  @Test
  void f32EqualsTheFormulaInDoubleArithmetic() {
    long seed = new Random().nextLong();
    float[] rows = randomRows(new Random(seed), 5);
    for (Tile tile : Tile.values()) {
      for (int layer = 0; layer < 4; layer++) {
        float[] out = run(f32, layer, tile, rows, slices());
        // Rows of norm ~1 through sums of 384 products in float32: rounding stays near 1e-6 of the
        // output's norm.
        assertThat(relativeError(out, oracle(layer, rows, slices())))
            .as("seed %d", seed)
            .isLessThan(1e-5);
      }
    }
  }

  @Test
  void bf16IsNearTheFormula() {
    long seed = new Random().nextLong();
    float[] rows = randomRows(new Random(seed), 5);
    float[] out = run(bf16, 2, Tile.DECODE, rows, slices());
    // bfloat16 keeps 8 bits: each factor is off by up to 2^-9.
    assertThat(relativeError(out, oracle(2, rows, slices()))).as("seed %d", seed).isLessThan(0.02);
  }

  @ParameterizedTest
  @EnumSource
  void aRowsBitsDependOnNothingButTheRow(ComputeType type) {
    TorchExperts engine = type == ComputeType.F32 ? f32 : bf16;
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (Tile tile : Tile.values()) {
      float[] row = randomRows(random, 1);
      float[] alone = run(engine, 1, tile, row, List.of(new Slice(4, new int[] {0})));
      for (int round = 0; round < 20; round++) {
        int count = 1 + random.nextInt(100);
        int place = random.nextInt(count);
        float[] rows = randomRows(random, count);
        System.arraycopy(row, 0, rows, place * HIDDEN, HIDDEN);
        Slice others = new Slice(2, random.ints(random.nextInt(30), 0, count).toArray());
        int[] all = IntStream.range(0, count).toArray();
        float[] out = run(engine, 1, tile, rows, List.of(others, new Slice(4, all)));
        int from = (others.rows().length + place) * HIDDEN;
        assertThat(Arrays.copyOfRange(out, from, from + HIDDEN))
            .as("seed %d", seed)
            .isEqualTo(alone);
      }
    }
  }

  @Test
  void concurrentCallsGiveTheSameBits() throws Exception {
    float[] rows = randomRows(new Random(5), 16);
    float[] expected = run(f32, 0, Tile.DECODE, rows, slices());
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      Callable<float[]> call = () -> run(f32, 0, Tile.DECODE, rows, slices());
      for (Future<float[]> result : pool.invokeAll(java.util.Collections.nCopies(40, call))) {
        assertThat(result.get()).isEqualTo(expected);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void callsLeaveNothingBehind() {
    float[] rows = randomRows(new Random(5), 16);
    int before = f32.managedArrays();
    for (int i = 0; i < 200; i++) {
      run(f32, i % 4, Tile.DECODE, rows, slices());
    }
    assertThat(f32.managedArrays()).isEqualTo(before);
  }

  @Test
  void enginesWithTheSameSettingsHaveTheSameNumericsIdWhateverTheirExperts() {
    try (TorchExperts part = load(ComputeType.F32, 8, 64, List.of(3));
        TorchExperts otherTile = load(ComputeType.F32, 4, 64, List.of(3))) {
      assertThat(part.numericsId()).isEqualTo(f32.numericsId());
      assertThat(otherTile.numericsId()).isNotEqualTo(f32.numericsId());
      assertThat(bf16.numericsId()).isNotEqualTo(f32.numericsId());
    }
  }

  @Test
  void aPartialEngineGivesTheSameBits() {
    float[] rows = randomRows(new Random(9), 3);
    List<Slice> one = List.of(new Slice(6, new int[] {2, 0}));
    try (TorchExperts part = load(ComputeType.F32, 8, 64, List.of(6))) {
      assertThat(run(part, 3, Tile.DECODE, rows, one))
          .isEqualTo(run(f32, 3, Tile.DECODE, rows, one));
      assertThatThrownBy(
              () -> run(part, 3, Tile.DECODE, rows, List.of(new Slice(1, new int[] {0}))))
          .hasMessageContaining("expert 1 of layer 3");
    }
  }

  @Test
  void loadingReportsEveryTensorAndEndsComplete() {
    load(ComputeType.F32, 8, 64, List.of(2, 5)).close();
    LoadProgress last = progress.get(progress.size() - 1);
    assertThat(last.doneBytes()).isEqualTo(last.totalBytes());
    assertThat(last.totalBytes()).isEqualTo(4L * 2 * 3 * 192 * 384 * 2);
    assertThat(progress).extracting(LoadProgress::doneBytes).isSorted();
  }

  private TorchExperts load(
      ComputeType type, int decodeTile, int prefillTile, List<Integer> experts) {
    progress.clear();
    return TorchExperts.load(
        checkpoint,
        experts,
        new EngineOptions("cpu", type, 1, decodeTile, prefillTile, true),
        progress::add);
  }

  private static List<Slice> slices() {
    return List.of(new Slice(1, new int[] {0, 3}), new Slice(7, new int[] {4, 3, 2, 1, 0}));
  }

  private static float[] randomRows(Random random, int rows) {
    float[] values = new float[rows * HIDDEN];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** w2(silu(w1 x) * w3 x), as the formula stands. */
  private double[] oracle(int layer, float[] rows, List<Slice> slices) {
    double[] out = new double[slices.stream().mapToInt(s -> s.rows().length).sum() * HIDDEN];
    int at = 0;
    for (Slice slice : slices) {
      GatedFfn ffn = checkpoint.config().moe(layer).experts().get(slice.expert());
      float[] w1 = weights(ffn.gate().weight());
      float[] w3 = weights(ffn.up().weight());
      float[] w2 = weights(ffn.down().weight());
      for (int row : slice.rows()) {
        double[] gate = product(w1, rows, row);
        double[] up = product(w3, rows, row);
        double[] inner = new double[gate.length];
        Arrays.setAll(inner, i -> gate[i] / (1 + Math.exp(-gate[i])) * up[i]);
        for (int i = 0; i < HIDDEN; i++) {
          for (int j = 0; j < inner.length; j++) {
            out[at + i] += w2[i * inner.length + j] * inner[j];
          }
        }
        at += HIDDEN;
      }
    }
    return out;
  }

  private static double[] product(float[] matrix, float[] rows, int row) {
    double[] result = new double[matrix.length / HIDDEN];
    for (int i = 0; i < matrix.length; i++) {
      result[i / HIDDEN] += (double) matrix[i] * rows[row * HIDDEN + i % HIDDEN];
    }
    return result;
  }

  private float[] weights(Weight weight) {
    float[] values = new float[(int) weight.size()];
    try (FloatSource source = checkpoint.open(weight)) {
      source.read(weight.offset(), FloatBuffer.wrap(values));
    }
    return values;
  }

  private static double relativeError(float[] actual, double[] expected) {
    assertThat(actual).hasSize(expected.length);
    double error = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(norm).isNotCloseTo(0, within(1e-9));
    return Math.sqrt(error / norm);
  }

  private static float[] run(
      TorchExperts engine, int layer, Tile tile, float[] rows, List<Slice> slices) {
    return engine.run(layer, tile, Rows.of(rows, HIDDEN), slices).toArray();
  }
}
