package io.ennead.expert.api;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.batch.ExpertBatcher;
import io.ennead.wire.ComputeType;
import java.util.Collections;
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
 * @param fingerprints of every expert held
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
    ExpertBatcher batcher) {

  /** Copies the map. */
  public ServedExperts {
    fingerprints = Collections.unmodifiableSortedMap(new TreeMap<>(fingerprints));
  }
}
