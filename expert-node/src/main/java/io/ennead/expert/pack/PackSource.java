package io.ennead.expert.pack;

/**
 * A pack, and where its experts are among a model's.
 *
 * @param id of the pack
 * @param contentHash that its manifest must have
 * @param first id of its first expert; the others follow
 */
public record PackSource(PackId id, String contentHash, int first) {
  /** Ids beyond the model's own that experts of packs may have: each has series of metrics. */
  public static final int MAX_IDS = 256;
}
