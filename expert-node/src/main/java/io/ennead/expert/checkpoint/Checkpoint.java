package io.ennead.expert.checkpoint;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.family.Families;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * A model directory whose config.json and safetensors headers have been read and found consistent.
 * Holds no open file: {@link #open} opens one tensor at a time.
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
    ModelConfig config = Families.read(directory.resolve("config.json"));
    return new Checkpoint(directory, config, Shards.read(directory));
  }

  /**
   * Tensors of a directory without a config.json.
   *
   * @param config where each weight lies in them
   * @throws ModelFormatException when the files are inconsistent
   */
  public static Checkpoint of(Path directory, ModelConfig config) {
    return new Checkpoint(directory, config, Shards.read(directory));
  }

  /** The same tensors for other weights. */
  public Checkpoint with(ModelConfig other) {
    return new Checkpoint(directory, other, tensors);
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
   * Checks that a weight is there, in the shape that its record says and stored in a way that can
   * be read.
   *
   * @return the tensors that hold its numbers: one, or numbers and scales
   * @throws ModelFormatException when it is not
   */
  public List<TensorInfo> require(Weight weight) {
    String name = weight.tensor();
    List<Long> shape = weight.storedShape();
    if (!has(name) && has(Mxfp4.blocksName(name)) && Mxfp4.divides(shape)) {
      return List.of(
          require(Mxfp4.blocksName(name), ElementType.U8, Mxfp4.blocksShape(shape)),
          require(Mxfp4.scalesName(name), ElementType.U8, Mxfp4.scalesShape(shape)));
    }
    TensorInfo tensor = info(name);
    if (tensor.type() == ElementType.F8_E4M3 && shape.size() == 2) {
      return List.of(
          require(name, ElementType.F8_E4M3, shape),
          require(BlockFloat8.scaleName(name), ElementType.F32, BlockFloat8.scaleShape(shape)));
    }
    tensor.requireReadable();
    return List.of(require(name, tensor.type(), shape));
  }

  /**
   * Opens the tensor that holds a weight; the caller closes.
   *
   * @throws ModelFormatException when {@link #require} would
   */
  public FloatSource open(Weight weight) {
    List<TensorInfo> stored = require(weight);
    if (stored.size() == 1) {
      return new StoredTensor(stored.get(0));
    }
    return stored.get(0).type() == ElementType.F8_E4M3
        ? new BlockFloat8(stored.get(0), stored.get(1))
        : new Mxfp4(stored.get(0), stored.get(1));
  }

  private TensorInfo require(String name, ElementType type, List<Long> shape) {
    TensorInfo tensor = info(name);
    if (!tensor.shape().equals(shape)) {
      throw ModelFormatException.of(
          tensor.file(), "tensor " + name + ": shape", tensor.shape(), shape.toString());
    }
    if (tensor.type() != type) {
      throw ModelFormatException.of(
          tensor.file(), "tensor " + name + ": dtype", tensor.type(), type.name());
    }
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
      for (int layer : config.moeLayers()) {
        config.moe(layer).experts().get(expert).weights().forEach(this::require);
      }
    }
  }

  /** Whether all weights of an expert are there. */
  public boolean hasExpert(int layer, int expert) {
    return config
        .moe(layer)
        .experts()
        .get(expert)
        .weights()
        .map(Weight::tensor)
        .allMatch(this::holds);
  }

  private boolean holds(String tensor) {
    return has(tensor) || has(Mxfp4.blocksName(tensor));
  }
}
