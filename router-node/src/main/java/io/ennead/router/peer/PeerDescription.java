package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.LoadedExpert;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a node says it is and holds.
 *
 * @param dtype label of its compute type
 * @param batchInvariant whether its bits do not depend on what else it computes
 * @param experts fingerprint of every expert it holds
 */
public record PeerDescription(
    String name,
    String generation,
    String modelFingerprint,
    String dtype,
    String device,
    String numericsId,
    boolean batchInvariant,
    int hiddenSize,
    Map<ExpertId, String> experts) {

  /** Copies the map. */
  public PeerDescription {
    experts = Map.copyOf(experts);
  }

  static PeerDescription of(DescribeNodeResponse response) {
    return new PeerDescription(
        response.getNodeName(),
        response.getGeneration(),
        response.getModelFingerprint(),
        response.getDtype(),
        response.getDevice(),
        response.getNumericsId(),
        response.getBatchInvariant(),
        response.getHiddenSize(),
        response.getExpertsList().stream()
            .collect(
                Collectors.toMap(
                    PeerDescription::id, LoadedExpert::getFingerprint, (first, second) -> first)));
  }

  /** The fingerprint of an expert; empty when the node does not hold it. */
  String of(ExpertId id) {
    return experts.getOrDefault(id, "");
  }

  private static ExpertId id(LoadedExpert loaded) {
    return new ExpertId(loaded.getLayer(), loaded.getExpert());
  }
}
