package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to a checkpoint of any family, it is read or refused by a message that names the
 * file: no crash, no hang, no other exception. 800 mutants of each of eight families.
 */
class CheckpointMutationTest {
  private static final int MUTANTS = 800;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> NASTY =
      List.of(
          "null",
          "-1",
          "0",
          "1",
          "3",
          "0.5",
          "1e308",
          "-1e308",
          "2147483647",
          "2147483648",
          "9223372036854775807",
          "18446744073709551616",
          "\"\"",
          "\"F8_E4M3\"",
          "\"U8\"",
          "\"F32\"",
          "\"yarn\"",
          "true",
          "false",
          "[]",
          "[0]",
          "[1048576,1048576]",
          "{}",
          "{\"type\":\"yarn\",\"factor\":0}",
          "{\"quant_method\":\"mxfp4\"}",
          "{\"quant_method\":\"fp8\",\"weight_block_size\":[128,128]}",
          "[[[[[[]]]]]]");

  @TempDir private Path directory;

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
  @Timeout(120)
  void mutantsAreReadOrRefusedByName(String family) throws IOException {
    Path original = Path.of("src/test/resources/families").resolve(family);
    byte[] config = Files.readAllBytes(original.resolve("config.json"));
    byte[] weights = Files.readAllBytes(original.resolve("model.safetensors"));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < MUTANTS; round++) {
      boolean configuration = random.nextBoolean();
      byte[] mutantConfig = configuration ? mutateConfig(config, random) : config;
      byte[] mutantWeights = configuration ? weights : mutateWeights(weights, random);
      String what = "%s, seed %d, round %d".formatted(family, seed, round);
      refused += accepts(mutantConfig, mutantWeights, what) ? 0 : 1;
    }
    assertThat(refused).as("most mutants are wrong").isGreaterThan(MUTANTS / 3);
  }

  private boolean accepts(byte[] config, byte[] weights, String what) throws IOException {
    Files.write(directory.resolve("config.json"), config);
    Files.write(directory.resolve("model.safetensors"), weights);
    try {
      readAll(Checkpoint.open(directory));
      return true;
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).as(what).startsWith(directory.toString()).contains("(expected: ");
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
  }

  /** What a router and an expert node do with it, but for the engine. */
  private static void readAll(Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    checkpoint.requireExperts(IntStream.range(0, config.experts()).boxed().toList());
    List<Weight> weights = new ArrayList<>(config.denseWeights().toList());
    weights.forEach(checkpoint::require);
    config.layers().forEach(layer -> layer.attention().rotary().inverseFrequencies());
    int layer = config.moeLayers().get(0);
    config.moe(layer).experts().get(0).weights().forEach(weights::add);
    WeightReader reader = new WeightReader(checkpoint);
    weights.forEach(weight -> reader.read(weight, (first, count, values) -> {}));
    Fingerprints.model(checkpoint);
    Fingerprints.expert(checkpoint, layer, 0);
  }

  private static byte[] mutateConfig(byte[] config, Random random) throws IOException {
    if (random.nextInt(3) == 0) {
      return damage(config, 0, config.length, random);
    }
    ObjectNode json = (ObjectNode) JSON.readTree(config);
    List<String> keys = new ArrayList<>();
    json.fieldNames().forEachRemaining(keys::add);
    for (int hit = 0; hit < 1 + random.nextInt(2); hit++) {
      json.set(keys.get(random.nextInt(keys.size())), nasty(random));
    }
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] mutateWeights(byte[] file, Random random) throws IOException {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return switch (random.nextInt(4)) {
      case 0 -> Arrays.copyOf(file, random.nextInt(file.length + 64));
      case 1 -> damage(file, 0, 8 + length, random);
      case 2 -> damage(file, 8, 8 + length, random);
      default -> mutateHeader(file, length, random);
    };
  }

  /** Changes one field of one tensor, or takes a tensor away or doubles it under another name. */
  private static byte[] mutateHeader(byte[] file, int length, Random random) throws IOException {
    ObjectNode header = (ObjectNode) JSON.readTree(file, 8, length);
    List<String> names = new ArrayList<>();
    header.fieldNames().forEachRemaining(names::add);
    String name = names.get(random.nextInt(names.size()));
    JsonNode entry = header.get(name);
    switch (random.nextInt(5)) {
      case 0 -> header.remove(name);
      case 1 -> header.set(name + "_blocks", header.remove(name));
      case 2 -> header.set(name, nasty(random));
      case 3 -> mutateList(entry, random);
      default -> {
        if (entry instanceof ObjectNode tensor) {
          List<String> fields = List.of("dtype", "shape", "data_offsets", "more");
          tensor.set(fields.get(random.nextInt(fields.size())), nasty(random));
        }
      }
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(8 + json.length + file.length - 8 - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    return out.putLong(json.length)
        .put(json)
        .put(file, 8 + length, file.length - 8 - length)
        .array();
  }

  private static void mutateList(JsonNode entry, Random random) throws IOException {
    JsonNode list = entry.path(random.nextBoolean() ? "shape" : "data_offsets");
    if (list instanceof ArrayNode array && !array.isEmpty()) {
      array.set(random.nextInt(array.size()), nasty(random));
    }
  }

  private static JsonNode nasty(Random random) throws IOException {
    return JSON.readTree(NASTY.get(random.nextInt(NASTY.size())));
  }

  private static byte[] damage(byte[] bytes, int from, int to, Random random) {
    byte[] copy = bytes.clone();
    String interesting = "0123456789-{}[],:\"\\.eE ";
    for (int hit = 0; hit < 1 + random.nextInt(8); hit++) {
      boolean text = random.nextBoolean();
      copy[from + random.nextInt(to - from)] =
          (byte)
              (text
                  ? interesting.charAt(random.nextInt(interesting.length()))
                  : random.nextInt(256));
    }
    return copy;
  }
}
