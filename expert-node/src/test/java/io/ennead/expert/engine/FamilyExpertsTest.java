package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.TestTensors;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every single expert of every family against its reference implementation. */
class FamilyExpertsTest {
  private static final Path ROOT = Path.of("src/test/resources/families");
  private static final int ROWS = 3;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mixtral",
        "grok-1",
        "qwen2_moe",
        "qwen3_moe",
        "olmoe",
        "deepseek_v3",
        "gpt_oss",
        "granitemoe"
      })
  void everyExpertGivesTheRecordedOutput(String family) {
    Checkpoint checkpoint = Checkpoint.open(ROOT.resolve(family));
    try (TorchExperts f32 = load(checkpoint, ComputeType.F32);
        TorchExperts bf16 = load(checkpoint, ComputeType.BF16);
        TorchExperts int8 = load(checkpoint, ComputeType.INT8)) {
      TestTensors golden = TestTensors.read(ROOT.resolve(family).resolve("experts.safetensors"));
      for (int layer : checkpoint.config().moeLayers()) {
        float[] rows = golden.floats("layers.%d.input".formatted(layer));
        for (int expert = 0; expert < checkpoint.config().experts(); expert++) {
          String name = "layers.%d.experts.%d.output".formatted(layer, expert);
          float[] expected = golden.floats(name);
          for (Tile tile : Tile.values()) {
            assertEqualWithinTolerance(run(f32, layer, tile, rows, expert), expected, name);
            // bf16 keeps 8 bits through two products; int8 weights 7 bits each: a few per cent.
            assertThat(error(run(bf16, layer, tile, rows, expert), expected)).isLessThan(0.02);
            assertThat(error(run(int8, layer, tile, rows, expert), expected))
                .as("int8 " + name)
                .isBetween(1e-4, 0.03);
          }
        }
      }
    }
  }

  private static TorchExperts load(Checkpoint checkpoint, ComputeType type) {
    return TorchExperts.load(
        checkpoint,
        IntStream.range(0, checkpoint.config().experts()).boxed().toList(),
        new EngineOptions("cpu", type, 1, 8, 64, true),
        progress -> {});
  }

  private static float[] run(TorchExperts engine, int layer, Tile tile, float[] rows, int expert) {
    int[] all = IntStream.range(0, ROWS).toArray();
    return engine
        .run(layer, tile, Rows.of(rows, engine.hidden()), List.of(new Slice(expert, all)))
        .toArray();
  }

  /** The tolerance that the fixtures' README asks for. */
  private static void assertEqualWithinTolerance(float[] actual, float[] expected, String what) {
    assertThat(actual).hasSize(expected.length);
    for (int i = 0; i < actual.length; i++) {
      double tolerance = 2e-5 + 1e-5 * Math.abs(expected[i]);
      assertThat((double) actual[i])
          .as("%s, %d", what, i)
          .isCloseTo(expected[i], within(tolerance));
    }
  }

  /** Root of the summed squares of the differences, over that of the numbers. */
  private static double error(float[] actual, float[] expected) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < actual.length; i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }
}
