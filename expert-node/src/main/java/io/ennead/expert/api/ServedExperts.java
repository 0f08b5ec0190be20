package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.batch.ExpertBatcher;
import io.ennead.wire.ComputeType;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node serves from one load to the next: an immutable snapshot and the batcher that computes
 * it.
 *
 * @param nodeName name for people
 * @param generation changed by every load and every restart
 * @param model architecture
 * @param modelFingerprint what callers must agree on
 * @param type number format of the products
 * @param device "cpu" or "cuda:N"
 * @param numericsId nodes with the same id give the same bits
 * @param batchInvariant whether bits do not depend on what else is computed
 * @param fingerprints of every expert held and announced
 * @param leaving experts that are announced no longer, but still computed
 * @param batcher computes
 */
public record ServedExperts(
    String nodeName,
    String generation,
    ModelConfig model,
    String modelFingerprint,
    ComputeType type,
    String device,
    String numericsId,
    boolean batchInvariant,
    SortedMap<ExpertId, String> fingerprints,
    Set<ExpertId> leaving,
    ExpertBatcher batcher) {

  /** Copies the collections. */
  public ServedExperts {
    fingerprints = Collections.unmodifiableSortedMap(new TreeMap<>(fingerprints));
    leaving = Set.copyOf(leaving);
  }

  /** Whether calls for an expert are computed. */
  boolean computes(ExpertId id) {
    return fingerprints.containsKey(id) || leaving.contains(id);
  }

  /**
   * Refuses callers that serve another model.
   *
   * @throws ServingException MODEL_MISMATCH
   */
  void requireModel(String fingerprint) {
    if (!fingerprint.equals(modelFingerprint)) {
      throw ServingException.modelMismatch(fingerprint, modelFingerprint, generation);
    }
  }

  /** The same node with other experts. */
  public ServedExperts holding(
      String newGeneration, SortedMap<ExpertId, String> held, Set<ExpertId> notAnnounced) {
    SortedMap<ExpertId, String> announced = new TreeMap<>(held);
    announced.keySet().removeAll(notAnnounced);
    return new ServedExperts(
        nodeName,
        newGeneration,
        model,
        modelFingerprint,
        type,
        device,
        numericsId,
        batchInvariant,
        announced,
        notAnnounced,
        batcher);
  }
}
