package io.ennead.expert.pack;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A pack whose manifest and tensors have been read and found to fit a model: the experts' weights
 * stay on disk. Immutable, safe for use by several threads.
 */
public final class ExpertPack {
  private final PackManifest manifest;
  private final PackLayout layout;
  private final Path directory;
  private final Checkpoint tensors;

  private ExpertPack(PackManifest manifest, PackLayout layout, Path directory, Checkpoint tensors) {
    this.manifest = manifest;
    this.layout = layout;
    this.directory = directory;
    this.tensors = tensors;
  }

  /** Whether a directory looks like a pack and not like a model. */
  public static boolean isPack(Path directory) {
    return Files.isRegularFile(directory.resolve(PackManifest.FILE));
  }

  /** The manifest of a pack of whatever model. */
  public static PackManifest manifest(Path directory) {
    return PackManifest.read(directory.resolve(PackManifest.FILE));
  }

  /**
   * Opens a pack of a model; its content is not hashed ({@link #requireWhole}).
   *
   * @param modelFingerprint of the model
   * @throws ModelFormatException when anything is wrong with it or it is for another model
   */
  public static ExpertPack open(Path directory, ModelConfig model, String modelFingerprint) {
    Path file = directory.resolve(PackManifest.FILE);
    PackManifest manifest = PackManifest.read(file);
    requireFor(manifest, file, model, modelFingerprint);
    PackLayout layout = new PackLayout(model, manifest.layers(), manifest.experts());
    Checkpoint tensors = Checkpoint.of(directory, layout.placed(model.experts()));
    ExpertPack pack = new ExpertPack(manifest, layout, directory, tensors);
    pack.requireTensors();
    return pack;
  }

  /**
   * Refuses models whose gates have no place for another expert.
   *
   * @throws ModelFormatException naming the family
   */
  static void requireExtensible(Path file, ModelConfig model) {
    Optional<ExpertGroups> groups = model.moe(model.moeLayers().get(0)).gate().groups();
    if (groups.isPresent() && groups.get().count() > 1) {
      throw ModelFormatException.of(
          file,
          "family",
          "%s, whose gate chooses among %d groups".formatted(model.family(), groups.get().count()),
          "a gate without groups: a new expert would belong to none");
    }
  }

  private static void requireFor(
      PackManifest manifest, Path file, ModelConfig model, String modelFingerprint) {
    require(file, "family", manifest.family(), model.family());
    require(file, "model_fingerprint", manifest.modelFingerprint(), modelFingerprint);
    require(file, "hidden_size", manifest.hiddenSize(), model.hiddenSize());
    require(file, "expert_width", manifest.expertWidth(), model.expertWidth());
    if (!model.moeLayers().containsAll(manifest.layers())) {
      throw ModelFormatException.of(
          file, "layers", manifest.layers(), "layers with experts, of " + model.moeLayers());
    }
    requireExtensible(file, model);
  }

  private static void require(Path file, String field, Object value, Object expected) {
    if (!value.equals(expected)) {
      throw ModelFormatException.of(file, field, value, expected + ", as the model has");
    }
  }

  /** The tensors of the layout, in its shapes and the manifest's type, and no others. */
  private void requireTensors() {
    layout.weights().forEach(tensors::require);
    manifest.layers().stream()
        .flatMap(layout::expertWeights)
        .forEach(weight -> requireType(weight, manifest.type()));
    TreeSet<String> others = new TreeSet<>(tensors.names());
    others.removeAll(layout.weights().map(Weight::tensor).collect(Collectors.toSet()));
    if (!others.isEmpty()) {
      throw ModelFormatException.of(directory, "tensor", others.first(), "no such tensor");
    }
  }

  private void requireType(Weight weight, ElementType type) {
    ElementType stored = tensors.info(weight.tensor()).type();
    if (stored != type) {
      throw ModelFormatException.of(
          directory, "tensor " + weight.tensor() + ": dtype", stored, type.name());
    }
  }

  /**
   * Reads everything and compares it with the manifest's hash.
   *
   * @throws ModelFormatException when it differs
   */
  public void requireWhole() {
    String hash = PackHash.of(manifest, layout, tensors);
    if (!hash.equals(manifest.contentHash())) {
      throw ModelFormatException.of(
          directory.resolve(PackManifest.FILE), "content_sha256", manifest.contentHash(), hash);
    }
  }

  /** What it says of itself. */
  public PackManifest manifest() {
    return manifest;
  }

  /** Bytes of its tensors. */
  public long bytes() {
    return layout.weights().mapToLong(weight -> tensors.info(weight.tensor()).bytes()).sum();
  }

  /** Its experts when the first has this id, by layer and id. */
  public List<ExpertId> ids(int first) {
    return ExpertId.ofEveryLayer(
        manifest.layers(), IntStream.range(first, first + manifest.experts()).boxed().toList());
  }

  /** Its experts as a model's, from id {@code first} on: an engine loads these and no others. */
  public Checkpoint placed(int first) {
    return tensors.with(layout.placed(first));
  }

  /**
   * The rows that the gate gets, by layer.
   *
   * @throws ModelFormatException when a number is none
   */
  public Map<Integer, GateRows> gateRows() {
    Map<Integer, GateRows> rows = new HashMap<>();
    for (int layer : manifest.layers()) {
      rows.put(
          layer,
          new GateRows(
              read(layout.router(layer).weight()),
              layout.router(layer).bias().map(this::read).orElse(new float[manifest.experts()]),
              layout.selectionBias(layer).map(this::read).orElse(new float[manifest.experts()])));
    }
    return rows;
  }

  private float[] read(Weight weight) {
    float[] values = new float[Math.toIntExact(weight.size())];
    try (FloatSource source = tensors.open(weight)) {
      source.read(0, FloatBuffer.wrap(values));
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw ModelFormatException.of(
            directory, "tensor " + weight.tensor(), value, "finite numbers");
      }
    }
    return values;
  }

  /**
   * What the experts of a layer add to its gate.
   *
   * @param weight [experts, hidden], row-major
   * @param bias [experts], zeros where the gate has none
   * @param selectionBias [experts], the same
   */
  public record GateRows(float[] weight, float[] bias, float[] selectionBias) {}
}
