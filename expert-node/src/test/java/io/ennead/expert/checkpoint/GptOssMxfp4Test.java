package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** gpt-oss as published, MXFP4 and [out, in], and the same numbers unquantised and [in, out]. */
class GptOssMxfp4Test {
  private static final long SEED = 20261124;
  private static final int EXPERTS = 8;
  private static final int HIDDEN = 64;
  private static final int WIDTH = 32;
  private static final int LAYERS = 3;
  private static final float[] E2M1 = {0, .5f, 1, 1.5f, 2, 3, 4, 6};

  private final Random random = new Random(SEED);

  @Test
  void bothLayoutsGiveTheSameBits(@TempDir Path packed, @TempDir Path plain) throws IOException {
    SafetensorsFile quantised = new SafetensorsFile();
    SafetensorsFile unquantised = new SafetensorsFile();
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "model.layers." + layer + ".mlp.experts.";
      matrix(quantised, unquantised, prefix + "gate_up_proj", 2 * WIDTH, HIDDEN);
      matrix(quantised, unquantised, prefix + "down_proj", HIDDEN, WIDTH);
    }
    quantised.write(packed.resolve("model.safetensors"));
    unquantised.write(plain.resolve("model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    Path family = Path.of("src/test/resources/families/gpt_oss/config.json");
    ObjectNode config = (ObjectNode) json.readTree(family.toFile());
    Files.writeString(plain.resolve("config.json"), config.toString());
    config.putObject("quantization_config").put("quant_method", "mxfp4");
    Files.writeString(packed.resolve("config.json"), config.toString());

    float[] values = new float[3 * HIDDEN];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Rows rows = Rows.of(values, HIDDEN);
    try (TorchExperts first = load(packed);
        TorchExperts second = load(plain)) {
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int expert = 0; expert < EXPERTS; expert++) {
          List<Slice> slice = List.of(new Slice(expert, new int[] {0, 1, 2}));
          float[] expected = second.run(layer, Tile.DECODE, rows, slice).toArray();
          assertThat(first.run(layer, Tile.DECODE, rows, slice).toArray())
              .as("layer %d, expert %d, seed %d", layer, expert, SEED)
              .containsExactly(expected);
          assertThat(IntStream.range(0, expected.length).filter(i -> expected[i] != 0).count())
              .isGreaterThan(HIDDEN);
        }
      }
      assertThat(first.fingerprints()).doesNotContainValue("").hasSize(LAYERS * EXPERTS);
      assertThat(first.fingerprints().values()).doesNotHaveDuplicates();
    }
  }

  private static TorchExperts load(Path directory) {
    return TorchExperts.load(
        Checkpoint.open(directory),
        IntStream.range(0, EXPERTS).boxed().toList(),
        new EngineOptions("cpu", ComputeType.F32, 1, 8, 64, true),
        progress -> {});
  }

  /** Random blocks, and their numbers worked out one by one. */
  private void matrix(
      SafetensorsFile quantised, SafetensorsFile unquantised, String name, int out, int in) {
    int groups = in / 32;
    byte[] blocks = new byte[EXPERTS * out * groups * 16];
    byte[] scales = new byte[EXPERTS * out * groups];
    random.nextBytes(blocks);
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (byte) (121 + random.nextInt(4));
    }
    ByteBuffer plain = ByteBuffer.allocate(EXPERTS * out * in * 4).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer bias = ByteBuffer.allocate(EXPERTS * out * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int expert = 0; expert < EXPERTS; expert++) {
      for (int row = 0; row < out; row++) {
        bias.putFloat((float) random.nextGaussian());
        for (int column = 0; column < in; column++) {
          int at = (expert * out + row) * in + column;
          int nibble = column % 2 == 0 ? blocks[at / 2] & 0xf : (blocks[at / 2] & 0xff) >> 4;
          float value = (nibble < 8 ? 1 : -1) * E2M1[nibble % 8];
          value *= (float) Math.pow(2, (scales[at / 32] & 0xff) - 127);
          plain.putFloat(4 * ((expert * in + column) * out + row), value);
        }
      }
    }
    quantised
        .add(name + "_blocks", "U8", "[8,%d,%d,16]".formatted(out, groups), blocks)
        .add(name + "_scales", "U8", "[8,%d,%d]".formatted(out, groups), scales)
        .add(name + "_bias", "F32", "[8,%d]".formatted(out), bias.array());
    unquantised
        .add(name, "F32", "[8,%d,%d]".formatted(in, out), plain.array())
        .add(name + "_bias", "F32", "[8,%d]".formatted(out), bias.array());
  }
}
