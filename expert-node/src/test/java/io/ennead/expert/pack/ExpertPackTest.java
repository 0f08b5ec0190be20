package io.ennead.expert.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.checkpoint.WeightReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpertPackTest {
  private static final PackId ID = new PackId("copy", "1");
  private static final int MUTANTS = 400;

  @TempDir private Path directory;

  private static Checkpoint model(String family) {
    return Checkpoint.open(Path.of("src/test/resources/families").resolve(family));
  }

  private Path copy(Checkpoint model, Map<Integer, Integer> experts) {
    Path pack = directory.resolve(ID.directory());
    ExpertCopies.write(pack, ID, model, Fingerprints.model(model), new TreeMap<>(experts));
    return pack;
  }

  private static ExpertPack open(Path pack, Checkpoint model) {
    return ExpertPack.open(pack, model.config(), Fingerprints.model(model));
  }

  /** However the family stores its experts: sliced, transposed, interleaved, in blocks. */
  @ParameterizedTest
  @ValueSource(
      strings = {"mixtral", "grok-1", "qwen2_moe", "qwen3_moe", "olmoe", "gpt_oss", "granitemoe"})
  void copyHasTheNumbersOfTheOriginal(String family) {
    Checkpoint model = model(family);
    int layer = model.config().moeLayers().get(0);
    Path written = copy(model, Map.of(layer, 1));
    ExpertPack pack = open(written, model);
    pack.requireWhole();
    MixtureOfExperts moe = model.config().moe(layer);
    int id = model.config().experts() + 3; // with ids between that nobody has
    Checkpoint placed = pack.placed(id);
    assertThat(numbers(placed, placed.config().moe(layer).experts().get(id).weights()))
        .isEqualTo(numbers(model, moe.experts().get(1).weights()));
    assertThat(pack.gateRows().get(layer).weight())
        .containsExactly(row(numbers(model, Stream.of(moe.router().weight())).get(0), moe, 1));
    assertThat(pack.ids(id))
        .hasSize(1)
        .first()
        .hasToString("expert %d of layer %d".formatted(id, layer));
  }

  @Test
  void copyOfWholeTensorsHasTheFingerprintOfTheOriginal() {
    Checkpoint model = Checkpoint.open(Path.of("../deploy/models/demo"));
    ExpertPack pack = open(copy(model, Map.of(0, 5, 2, 3)), model);
    assertThat(Fingerprints.expert(pack.placed(8), 0, 8))
        .isEqualTo(Fingerprints.expert(model, 0, 5));
    assertThat(Fingerprints.expert(pack.placed(8), 2, 8))
        .isEqualTo(Fingerprints.expert(model, 2, 3));
  }

  private static List<List<Float>> numbers(Checkpoint checkpoint, Stream<Weight> weights) {
    List<List<Float>> all = new ArrayList<>();
    WeightReader reader = new WeightReader(checkpoint);
    weights.forEach(
        weight -> {
          List<Float> numbers = new ArrayList<>();
          reader.read(
              weight, (first, count, block) -> add(numbers, block, count * weight.columns()));
          all.add(numbers);
        });
    return all;
  }

  private static void add(List<Float> numbers, ByteBuffer block, int count) {
    for (int i = 0; i < count; i++) {
      numbers.add(block.getFloat(i * Float.BYTES));
    }
  }

  private static float[] row(List<Float> router, MixtureOfExperts moe, int expert) {
    int hidden = moe.router().weight().columns();
    float[] row = new float[hidden];
    for (int i = 0; i < hidden; i++) {
      row[i] = router.get(expert * hidden + i);
    }
    return row;
  }

  @Test
  void gateWithGroupsHasNoPlaceForAnother() {
    Checkpoint model = model("deepseek_v3");
    int layer = model.config().moeLayers().get(0);
    assertThatThrownBy(() -> copy(model, Map.of(layer, 0)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("deepseek_v3, whose gate chooses among 4 groups");
  }

  @Test
  void packOfAnotherModelIsRefused() {
    Path pack = copy(model("mixtral"), Map.of(0, 1));
    assertThatThrownBy(() -> open(pack, model("olmoe")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("family: mixtral (expected: olmoe, as the model has)");
    assertThatThrownBy(() -> ExpertPack.open(pack, model("mixtral").config(), "0".repeat(64)))
        .hasMessageContaining("model_fingerprint");
  }

  @Test
  void changedContentIsNoticed() throws IOException {
    Checkpoint model = model("mixtral");
    Path pack = copy(model, Map.of(0, 1));
    Path tensors = pack.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[bytes.length - 1] ^= 1;
    Files.write(tensors, bytes);
    assertThatThrownBy(() -> open(pack, model).requireWhole())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("content_sha256");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"format_version\" : 1|\"format_version\" : 2|format_version: 2 (expected: 1)",
        "\"experts\" : 1|\"experts\" : 65|experts: 65 (expected: 1 to 64)",
        "\"experts\" : 1|\"experts\" : 2|tensor layers.0.experts.1",
        "\"experts\" : 1|\"expert\" : 1|experts: missing",
        "\"experts\" : 1|\"experts\" : 1, \"more\" : 0|more: 0 (expected: no such field)",
        "[ 0 ]|[ 0, 0 ]|layers: 0 (expected: 1 to",
        "[ 0 ]|[ 9 ]|layers: [9] (expected: layers with experts",
        "\"copy\"|\"../copy\"|name: \"../copy\" (expected: 1 to 64 letters"
      })
  void wrongManifestIsRefusedByField(String right, String wrong, String message)
      throws IOException {
    Checkpoint model = model("mixtral");
    Path pack = copy(model, Map.of(0, 1));
    Path manifest = pack.resolve(PackManifest.FILE);
    String text = Files.readString(manifest);
    assertThat(text).contains(right);
    Files.writeString(manifest, text.replace(right, wrong));
    assertThatThrownBy(() -> open(pack, model))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void mutantsAreReadOrRefusedByName() throws IOException {
    Checkpoint model = model("mixtral");
    Path pack = copy(model, Map.of(0, 1));
    byte[] manifest = Files.readAllBytes(pack.resolve(PackManifest.FILE));
    byte[] tensors = Files.readAllBytes(pack.resolve("model.safetensors"));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < MUTANTS; round++) {
      boolean text = random.nextBoolean();
      Files.write(pack.resolve(PackManifest.FILE), text ? damaged(manifest, random) : manifest);
      Files.write(pack.resolve("model.safetensors"), text ? tensors : damaged(tensors, random));
      refused += accepts(pack, model, "seed %d, round %d".formatted(seed, round)) ? 0 : 1;
    }
    assertThat(refused).as("most mutants are wrong").isGreaterThan(MUTANTS / 3);
  }

  private static boolean accepts(Path pack, Checkpoint model, String what) {
    try {
      ExpertPack read = open(pack, model);
      read.gateRows();
      read.requireWhole();
      return true;
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).as(what).startsWith(pack.toString()).contains("(expected: ");
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] copy = bytes.clone();
    for (int hit = 0; hit < 1 + random.nextInt(4); hit++) {
      copy[random.nextInt(Math.min(bytes.length, 700))] = (byte) (32 + random.nextInt(95));
    }
    return copy;
  }
}
