package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardsTest {
  @TempDir private Path directory;

  @Test
  void shardsTogetherHoldWhatTheIndexNames() {
    shard("one.safetensors", "a");
    shard("two.safetensors", "b");
    index(
        "{\"metadata\":{\"total_size\":8},\"weight_map\":"
            + "{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
    assertThat(Shards.read(directory)).containsOnlyKeys("a", "b");
  }

  @Test
  void singleFileNeedsNoIndex() {
    shard(Shards.SINGLE, "a");
    assertThat(Shards.read(directory)).containsOnlyKeys("a");
  }

  @Test
  void shardThatIsALinkToACacheElsewhereIsRead(@TempDir Path cache) throws IOException {
    shard("one.safetensors", "a");
    Path blob = Files.move(directory.resolve("one.safetensors"), cache.resolve("4f1e"));
    Files.createSymbolicLink(directory.resolve("one.safetensors"), blob);
    index("{\"weight_map\":{\"a\":\"one.safetensors\"}}");
    assertThat(Shards.read(directory)).containsOnlyKeys("a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../one.safetensors",
        "..",
        "sub/one.safetensors",
        "/etc/one.safetensors",
        "C:one.safetensors",
        "sub\\\\one.safetensors",
        "one.safetensors\\u0000",
        "pytorch_model.bin",
        ""
      })
  void indexThatLeavesTheDirectoryOrTheFormatIsRefused(String name) {
    index("{\"weight_map\":{\"a\":\"" + name + "\"}}");
    assertRefused(
        Shards.INDEX, "weight_map: file: ", "the plain name of a .safetensors file beside it");
  }

  @Test
  void tensorThatItsShardLacksIsRefused() {
    shard("one.safetensors", "a");
    index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\"}}");
    assertRefused(
        Shards.INDEX, "weight_map: tensor b: missing in one.safetensors", "the tensor in that");
  }

  @Test
  void tensorThatTheIndexDoesNotNameIsRefused() {
    shard("one.safetensors", "a", "b");
    index("{\"weight_map\":{\"a\":\"one.safetensors\"}}");
    assertRefused("one.safetensors", "tensor b: in this file", "no file, as " + Shards.INDEX);
  }

  @Test
  void tensorInAnotherShardThanTheIndexSaysIsRefused() {
    shard("one.safetensors", "a", "b");
    shard("two.safetensors", "c");
    index(
        "{\"weight_map\":{\"a\":\"one.safetensors\","
            + "\"b\":\"two.safetensors\",\"c\":\"two.safetensors\"}}");
    assertRefused("one.safetensors", "tensor b: in this file", "two.safetensors, as ");
  }

  @Test
  void missingShardIsRefused() {
    index("{\"weight_map\":{\"a\":\"one.safetensors\"}}");
    assertRefused("one.safetensors", "file: missing", "a regular file");
  }

  @Test
  void tensorNamedTwiceInTheIndexIsRefused() {
    index("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"two.safetensors\"}}");
    assertRefused(Shards.INDEX, "JSON: Duplicate field 'a'", "valid JSON");
  }

  @Test
  void fileThatIsNoStringIsRefused() {
    index("{\"weight_map\":{\"a\":1}}");
    assertRefused(Shards.INDEX, "weight_map: tensor a: JSON VALUE_NUMBER_INT", "a file name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"weight_map\":{}}"})
  void indexWithoutTensorsIsRefused(String json) {
    index(json);
    assertRefused(Shards.INDEX, "weight_map: missing or empty", "tensor to file");
  }

  @Test
  void pickleFilesAreRefusedByName() {
    SafetensorsFile.writeBytes(directory.resolve("pytorch_model.BIN"), new byte[1]);
    assertRefused("", "weights: pytorch_model.BIN", "safetensors; convert the pickle files");
  }

  @Test
  void directoryWithoutWeightsIsRefused() {
    assertRefused("", "weights: missing", "model.safetensors or " + Shards.INDEX);
  }

  private void shard(String file, String... tensors) {
    var writer = new SafetensorsFile();
    for (String tensor : tensors) {
      writer.add(tensor, "F32", "[1]", new byte[4]);
    }
    writer.write(directory.resolve(file));
  }

  private void index(String json) {
    SafetensorsFile.writeBytes(
        directory.resolve(Shards.INDEX), json.getBytes(StandardCharsets.UTF_8));
  }

  private void assertRefused(String file, String what, String expected) {
    assertThatThrownBy(() -> Shards.read(directory))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(directory.resolve(file) + ": " + what)
        .hasMessageContaining("(expected: " + expected);
  }
}
