package io.ennead.expert.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * A model directory whose config.json and safetensors headers have been read and found consistent.
 * Holds no open file: {@link #map} opens one tensor at a time.
 *
 * <p>Immutable, safe for use by several threads.
 */
public final class Checkpoint {
  private final Path directory;
  private final ModelConfig config;
  private final SortedMap<String, TensorInfo> tensors;

  private Checkpoint(Path directory, ModelConfig config, SortedMap<String, TensorInfo> tensors) {
    this.directory = directory;
    this.config = config;
    this.tensors = tensors;
  }

  /**
   * Reads config.json, the index and every header.
   *
   * @throws ModelFormatException when anything is not understood or inconsistent
   */
  public static Checkpoint open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw ModelFormatException.of(directory, "model", "no directory", "a model directory");
    }
    ModelConfig config = ModelConfig.read(directory.resolve("config.json"));
    return new Checkpoint(directory, config, Shards.read(directory));
  }

  /** What config.json says. */
  public ModelConfig config() {
    return config;
  }

  /** Names of all tensors, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /**
   * A tensor by name.
   *
   * @throws ModelFormatException when there is none
   */
  public TensorInfo info(String name) {
    TensorInfo tensor = tensors.get(name);
    if (tensor == null) {
      throw ModelFormatException.of(directory, "tensor " + name, "missing", "a tensor");
    }
    return tensor;
  }

  /**
   * A tensor that must have a shape, and a type that can be read.
   *
   * @throws ModelFormatException when it is missing or has another
   */
  public TensorInfo require(String name, long... shape) {
    TensorInfo tensor = info(name);
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw ModelFormatException.of(
          tensor.file(), "tensor " + name + ": shape", tensor.shape(), expected.toString());
    }
    tensor.requireReadable();
    return tensor;
  }

  /**
   * Checks that every layer's weights of these experts are there, in the shapes that config.json
   * promises and in types that can be read.
   *
   * @throws ModelFormatException naming the first that is not, or an id that the model has not
   */
  public void requireExperts(List<Integer> experts) {
    for (int expert : experts) {
      if (expert < 0 || expert >= config.experts()) {
        throw ModelFormatException.of(
            directory, "expert", expert, "0 to " + (config.experts() - 1));
      }
      for (int layer = 0; layer < config.layers(); layer++) {
        requireExpert(layer, expert);
      }
    }
  }

  private void requireExpert(int layer, int expert) {
    Family family = config.family();
    int hidden = config.hiddenSize();
    int width = config.expertWidth();
    require(family.expertGate(layer, expert), width, hidden);
    require(family.expertUp(layer, expert), width, hidden);
    require(family.expertDown(layer, expert), hidden, width);
  }

  /**
   * Maps a tensor's bytes; the caller closes.
   *
   * @throws ModelFormatException when it is missing or its file has shrunk
   */
  public MappedTensor map(String name) {
    return MappedTensor.open(info(name));
  }
}
