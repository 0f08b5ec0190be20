package io.ennead.expert.pack;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The packs that a node may open: each in a directory NAME@VERSION of one directory.
 *
 * @param packs where they are; empty path: nowhere
 * @param model that they must be for
 * @param modelFingerprint of the model
 */
public record PackDirectory(Path packs, ModelConfig model, String modelFingerprint) {

  /**
   * Opens a pack; its content is not hashed.
   *
   * @throws ServingException INVALID_FIELD, naming the pack, when it is not there or does not fit
   *     the model
   */
  public ExpertPack open(PackId id) {
    if (packs.toString().isEmpty()) {
      throw ServingException.invalidField("pack", id, "none: this node has no directory --packs");
    }
    Path directory = packs.resolve(id.directory());
    if (!Files.isDirectory(directory)) {
      throw ServingException.invalidField("pack", id, "a directory below this node's --packs");
    }
    ExpertPack pack = read(id, directory);
    if (!pack.manifest().id().equals(id)) {
      throw ServingException.invalidField(
          "pack", id, "the name and version of its manifest, " + pack.manifest().id());
    }
    return pack;
  }

  private ExpertPack read(PackId id, Path directory) {
    try {
      return ExpertPack.open(directory, model, modelFingerprint);
    } catch (ModelFormatException e) { // its message has the path on this node
      throw ServingException.invalidField("pack", id, "a pack that fits: " + e.getMessage());
    }
  }

  /**
   * The same, with a content that the caller knows.
   *
   * @throws ServingException INVALID_FIELD also when the pack here is another of that name
   */
  public ExpertPack open(PackId id, String contentHash) {
    ExpertPack pack = open(id);
    String here = pack.manifest().contentHash();
    if (!here.equals(contentHash)) {
      throw ServingException.invalidField(
          "pack.content_sha256", contentHash, "%s, as %s has on this node".formatted(here, id));
    }
    return pack;
  }
}
