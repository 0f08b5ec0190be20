package io.ennead.expert.pack;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a pack says of itself: its manifest.json.
 *
 * @param id name and version
 * @param family model_type of the model that it is for
 * @param modelFingerprint of that model ({@code checkpoint.Fingerprints}), lower-case hex
 * @param hiddenSize width of a row
 * @param expertWidth inner width of an expert
 * @param type how the experts' weights are stored: F32 or BF16
 * @param layers layers that get experts, ascending
 * @param experts experts for each of these layers, 1 to {@value #MAX_EXPERTS}
 * @param contentHash SHA-256 of everything else ({@link PackHash}), lower-case hex
 */
public record PackManifest(
    PackId id,
    String family,
    String modelFingerprint,
    int hiddenSize,
    int expertWidth,
    ElementType type,
    List<Integer> layers,
    int experts,
    String contentHash) {
  /** The manifest's name in a pack's directory. */
  public static final String FILE = "manifest.json";

  /** Experts that a pack may have per layer. */
  public static final int MAX_EXPERTS = 64;

  static final int FORMAT_VERSION = 1;
  private static final int MAX_LAYERS = 1024;
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** Copies the list. */
  public PackManifest {
    layers = List.copyOf(layers);
  }

  /**
   * Reads a manifest; every field must be there, and no other.
   *
   * @throws ModelFormatException naming the first field that is wrong
   */
  static PackManifest read(Path file) {
    ManifestFields fields = ManifestFields.read(file);
    fields.number("format_version", FORMAT_VERSION, FORMAT_VERSION);
    PackManifest manifest =
        new PackManifest(
            new PackId(
                fields.text("name", PackId.NAME, PackId.NAME_WORDS),
                fields.text("version", PackId.NAME, PackId.NAME_WORDS)),
            fields.text("family", PackId.NAME, "a model_type"),
            fields.text("model_fingerprint", HASH, "64 hexadecimal digits"),
            fields.number("hidden_size", 1, Integer.MAX_VALUE),
            fields.number("expert_width", 1, Integer.MAX_VALUE),
            ElementType.valueOf(fields.text("dtype", Pattern.compile("F32|BF16"), "F32 or BF16")),
            fields.ascending("layers", MAX_LAYERS),
            fields.number("experts", 1, MAX_EXPERTS),
            fields.text("content_sha256", HASH, "64 hexadecimal digits"));
    fields.requireAllRead();
    return manifest;
  }

  PackManifest withHash(String hash) {
    return new PackManifest(
        id, family, modelFingerprint, hiddenSize, expertWidth, type, layers, experts, hash);
  }

  /** The fields as {@link #read} takes them. */
  String json() {
    ObjectNode json = ManifestFields.object();
    json.put("format_version", FORMAT_VERSION)
        .put("name", id.name())
        .put("version", id.version())
        .put("family", family)
        .put("model_fingerprint", modelFingerprint)
        .put("hidden_size", hiddenSize)
        .put("expert_width", expertWidth)
        .put("dtype", type.name());
    layers.forEach(json.putArray("layers")::add);
    json.put("experts", experts).put("content_sha256", contentHash);
    return json.toPrettyString() + "\n";
  }
}
