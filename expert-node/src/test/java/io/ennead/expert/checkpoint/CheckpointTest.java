package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.architecture.Weight;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {
  private static final String GATE = "model.layers.2.block_sparse_moe.gate.weight";
  private static final String DOWN = "model.layers.1.block_sparse_moe.experts.3.w2.weight";

  @TempDir private Path directory;

  @Test
  void demoModelOpensWithEveryTensorOfItsFamily() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    assertThat(demo.names()).hasSize(3 + 4 * (7 + 3 * 8));
    assertThat(demo.config().denseWeights().flatMap(w -> demo.require(w).stream())).hasSize(31);
    demo.requireExperts(List.of(0, 1, 2, 3, 4, 5, 6, 7));
    assertThat(demo.info(GATE).type()).isEqualTo(ElementType.BF16);
  }

  @Test
  void weightsOfTheDemoModelAreNumbersOfReasonableSize() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    try (FloatSource gate = demo.open(Weight.matrix(GATE, 8, 192))) {
      float[] values = new float[8 * 192];
      gate.read(0, FloatBuffer.wrap(values));
      double square = 0;
      for (float value : values) {
        square += value * value;
      }
      assertThat(Math.sqrt(square / values.length)).isBetween(1e-3, 1.0);
    }
  }

  @Test
  void missingTensorIsRefusedByName() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    assertThat(demo.has("no.such")).isFalse();
    assertThatThrownBy(() -> demo.open(Weight.vector("no.such", 1)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(DemoModel.DIRECTORY + ": tensor no.such: missing (expected: a tensor)");
  }

  @Test
  void otherShapeIsRefusedWithBothShapes() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    assertThatThrownBy(() -> demo.require(Weight.matrix(GATE, 192, 8)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "%s: tensor %s: shape: [8, 192] (expected: [192, 8])"
                .formatted(demo.info(GATE).file(), GATE));
  }

  @Test
  void expertThatTheModelHasNotIsRefused() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    assertThatThrownBy(() -> demo.requireExperts(List.of(0, 8)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageEndingWith("expert: 8 (expected: 0 to 7)");
  }

  @Test
  void expertWithoutAllItsWeightsIsRefused() {
    Checkpoint part = copyWithout(DOWN);
    part.requireExperts(List.of(0, 2, 7));
    assertThatThrownBy(() -> part.requireExperts(List.of(2, 3)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor " + DOWN + ": missing");
  }

  /** The types have 4, 6 and 8 bits, the shape fits: only the type is wrong. */
  @ParameterizedTest
  @CsvSource({"F4, 4", "F6_E2M3, 6", "F6_E3M2, 6", "I8, 8", "F8_E5M2, 8"})
  void expertOfATypeThatCannotBeReadIsRefusedBeforeAnythingIsLoaded(String type, int bits) {
    Checkpoint copy = copy("", DOWN, type, bits);
    copy.requireExperts(List.of(0, 2, 7));
    assertThatThrownBy(() -> copy.requireExperts(List.of(2, 3)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "%s: tensor %s: dtype: %s (expected: F32, F16 or BF16)"
                .formatted(copy.info(DOWN).file(), DOWN, type));
  }

  @Test
  void directoryThatIsNoneIsRefused() {
    assertThatThrownBy(() -> Checkpoint.open(directory.resolve("none")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageEndingWith("none: model: no directory (expected: a model directory)");
  }

  @Test
  void fingerprintsDoNotDependOnSharding() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    Checkpoint whole = copyWithout("");
    assertThat(whole.info(GATE).file()).hasFileName("model.safetensors");
    assertThat(Fingerprints.model(whole))
        .isEqualTo(Fingerprints.model(demo))
        .matches("[0-9a-f]{64}");
    assertThat(Fingerprints.expert(whole, 1, 3))
        .isEqualTo(Fingerprints.expert(demo, 1, 3))
        .matches("[0-9a-f]{64}");
  }

  @Test
  void oneByteOfAGateChangesTheModelsFingerprint() throws IOException {
    Checkpoint copy = copyWithout("");
    String before = Fingerprints.model(copy);
    String expert = Fingerprints.expert(copy, 1, 3);
    flip(copy.info(GATE));
    assertThat(Fingerprints.model(copy)).isNotEqualTo(before);
    assertThat(Fingerprints.expert(copy, 1, 3)).isEqualTo(expert);
  }

  @Test
  void oneByteOfAnExpertChangesThatExpertsFingerprintOnly() throws IOException {
    Checkpoint copy = copyWithout("");
    String model = Fingerprints.model(copy);
    String changed = Fingerprints.expert(copy, 1, 3);
    String other = Fingerprints.expert(copy, 1, 2);
    flip(copy.info(DOWN));
    assertThat(Fingerprints.expert(copy, 1, 3)).isNotEqualTo(changed);
    assertThat(Fingerprints.expert(copy, 1, 2)).isEqualTo(other);
    assertThat(Fingerprints.model(copy)).isEqualTo(model);
  }

  @Test
  void everyExpertHasItsOwnFingerprint() {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    var seen = new HashSet<String>();
    for (int layer = 0; layer < 4; layer++) {
      for (int expert = 0; expert < 8; expert++) {
        seen.add(Fingerprints.expert(demo, layer, expert));
      }
    }
    assertThat(seen).hasSize(32);
  }

  @Test
  void architectureIsPartOfTheModelsFingerprint() throws IOException {
    String before = Fingerprints.model(copyWithout(""));
    Path config = directory.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("10000.0", "10001.0"));
    assertThat(Fingerprints.model(Checkpoint.open(directory))).isNotEqualTo(before);
  }

  /** The demo model as one file. */
  private Checkpoint copyWithout(String omitted) {
    return copy(omitted, "", "", 0);
  }

  /** The same, with one tensor of another type: zeros of so many bits each. */
  private Checkpoint copy(String omitted, String changed, String type, int bits) {
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    var writer = new SafetensorsFile();
    demo.names().stream()
        .filter(name -> !name.equals(omitted))
        .map(demo::info)
        .forEach(
            info -> {
              boolean other = info.name().equals(changed);
              byte[] data = other ? new byte[(int) (info.elements() * bits / 8)] : bytes(info);
              writer.add(info.name(), other ? type : "BF16", info.shape().toString(), data);
            });
    writer.write(directory.resolve("model.safetensors"));
    try {
      Files.copy(DemoModel.DIRECTORY.resolve("config.json"), directory.resolve("config.json"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return Checkpoint.open(directory);
  }

  private static byte[] bytes(TensorInfo info) {
    var bytes = new ByteArrayOutputStream();
    try (var raw = new RandomAccessFile(info.file().toFile(), "r")) {
      byte[] buffer = new byte[Math.toIntExact(info.bytes())];
      raw.seek(info.begin());
      raw.readFully(buffer);
      bytes.writeBytes(buffer);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static void flip(TensorInfo info) throws IOException {
    try (var raw = new RandomAccessFile(info.file().toFile(), "rw")) {
      raw.seek(info.end() - 1);
      int value = raw.read();
      raw.seek(info.end() - 1);
      raw.write(value ^ 1);
    }
  }
}
