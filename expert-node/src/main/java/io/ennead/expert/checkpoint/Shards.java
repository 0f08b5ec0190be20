package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The safetensors files of a model directory: one file, or shards with an index that says which
 * tensor is in which. Index and shards must name the same tensors.
 *
 * <p>An index may name plain files of the directory only: no separators, no {@code ..}. A file that
 * is a symbolic link is followed wherever it points: model caches keep the blobs beside the
 * directory, and whoever can put a link into the directory can as well put the file there. The
 * index, in contrast, is content that came with the model.
 */
final class Shards {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final String SUFFIX = ".safetensors";
  private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".pkl", ".ckpt");

  private Shards() {}

  /** Every tensor of a model directory by name. A single file goes before an index. */
  static SortedMap<String, TensorInfo> read(Path directory) {
    Path single = directory.resolve(SINGLE);
    if (Files.exists(single)) {
      return byName(SafetensorsHeader.read(single));
    }
    Path index = directory.resolve(INDEX);
    if (Files.exists(index)) {
      return readSharded(directory, index);
    }
    throw noWeights(directory);
  }

  private static SortedMap<String, TensorInfo> byName(List<TensorInfo> tensors) {
    return tensors.stream()
        .collect(Collectors.toMap(TensorInfo::name, t -> t, (a, b) -> a, TreeMap::new));
  }

  private static SortedMap<String, TensorInfo> readSharded(Path directory, Path index) {
    Map<String, String> shardOf = StrictJson.parseFile(index, parser -> weightMap(index, parser));
    SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    for (String shard : new TreeSet<>(shardOf.values())) {
      requirePlainName(index, shard);
      for (TensorInfo tensor : SafetensorsHeader.read(directory.resolve(shard))) {
        requireIndexed(index, tensor, shard, shardOf);
        tensors.put(tensor.name(), tensor);
      }
    }
    shardOf.forEach((name, shard) -> requireHeld(index, name, shard, tensors));
    return tensors;
  }

  private static void requirePlainName(Path index, String shard) {
    boolean plain = shard.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != '\\');
    if (!plain || shard.contains("..") || shard.contains(":") || !shard.endsWith(SUFFIX)) {
      throw ModelFormatException.of(
          index, "weight_map: file", shard, "the plain name of a " + SUFFIX + " file beside it");
    }
  }

  private static void requireIndexed(
      Path index, TensorInfo tensor, String shard, Map<String, String> shardOf) {
    if (!shard.equals(shardOf.get(tensor.name()))) {
      throw ModelFormatException.of(
          tensor.file(),
          "tensor " + tensor.name(),
          "in this file",
          "%s, as %s says"
              .formatted(shardOf.getOrDefault(tensor.name(), "no file"), index.getFileName()));
    }
  }

  private static void requireHeld(
      Path index, String name, String shard, Map<String, TensorInfo> tensors) {
    if (!tensors.containsKey(name)) {
      throw ModelFormatException.of(
          index, "weight_map: tensor " + name, "missing in " + shard, "the tensor in that file");
    }
  }

  private static Map<String, String> weightMap(Path index, JsonParser parser) throws IOException {
    Map<String, String> shardOf = new HashMap<>();
    boolean found = false;
    requireObject(index, parser, "index");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (parser.currentName().equals("weight_map")) {
        readWeightMap(index, parser, shardOf);
        found = true;
      } else {
        parser.nextToken();
        parser.skipChildren();
      }
    }
    if (!found || shardOf.isEmpty()) {
      throw ModelFormatException.of(index, "weight_map", "missing or empty", "tensor to file");
    }
    return shardOf;
  }

  private static void readWeightMap(Path index, JsonParser parser, Map<String, String> shardOf)
      throws IOException {
    requireObject(index, parser, "weight_map");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw ModelFormatException.of(
            index, "weight_map: tensor " + name, "JSON " + parser.currentToken(), "a file name");
      }
      shardOf.put(name, parser.getText());
    }
  }

  private static void requireObject(Path index, JsonParser parser, String what) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw ModelFormatException.of(index, what, "JSON " + parser.currentToken(), "a JSON object");
    }
  }

  private static ModelFormatException noWeights(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> pickles =
          files.map(file -> String.valueOf(file.getFileName())).filter(Shards::isPickle).toList();
      if (pickles.isEmpty()) {
        return ModelFormatException.of(directory, "weights", "missing", SINGLE + " or " + INDEX);
      }
      return ModelFormatException.of(
          directory,
          "weights",
          String.join(", ", pickles),
          "safetensors; convert the pickle files, they can run code");
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " cannot be listed", e);
    }
  }

  private static boolean isPickle(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return PICKLES.stream().anyMatch(lower::endsWith);
  }
}
