package io.ennead.cli.route;

import io.ennead.v1.LayerTrace;
import io.ennead.v1.LayerTraceOrBuilder;
import io.ennead.v1.RoutingTrace;
import java.util.List;

/** Holds a piece of a trace against what its proto says, before anything is looked up in it. */
final class PieceCheck {
  private PieceCheck() {}

  /**
   * Refuses a piece that contradicts itself or the layers of the pieces before it.
   *
   * @param before empty for the first piece
   */
  static void require(RoutingTrace piece, List<LayerTrace.Builder> before) {
    if (piece.getLayersCount() == 0) {
      throw new TraceException(
          "the trace tells of no layer at position " + piece.getFirstPosition());
    }
    for (int i = 0; i < piece.getLayersCount(); i++) {
      shape(piece.getLayers(i), piece.getTokens(), piece.getNodesCount());
    }
    if (!before.isEmpty()) {
      requireSameLayers(piece, before);
    }
  }

  private static void requireSameLayers(RoutingTrace piece, List<LayerTrace.Builder> before) {
    requireCount("layers of the trace", piece.getLayersCount(), before.size());
    for (int i = 0; i < before.size(); i++) {
      LayerTrace layer = piece.getLayers(i);
      requireCount("layer of the trace", layer.getLayer(), before.get(i).getLayer());
      requireCount(
          name(layer) + "experts per token",
          layer.getExpertsPerToken(),
          before.get(i).getExpertsPerToken());
      requireCount(name(layer) + "experts", experts(layer), experts(before.get(i)));
    }
  }

  private static void shape(LayerTrace layer, int tokens, int nodes) {
    int experts = experts(layer);
    int k = layer.getExpertsPerToken();
    if (k < 1 || k > experts) {
      throw new TraceException(
          "%sexperts per token: %d (expected: 1 to %d)".formatted(name(layer), k, experts));
    }
    requireCount(name(layer) + "entropies", layer.getEntropiesCount(), tokens);
    requireCount(name(layer) + "probabilities", layer.getProbabilitiesCount(), tokens * experts);
    requireCount(name(layer) + "expert ids", layer.getExpertIdsCount(), tokens * k);
    requireCount(name(layer) + "weights", layer.getWeightsCount(), tokens * k);
    requireCount(name(layer) + "shares", layer.getSharesCount(), tokens * k);
    requireCount(name(layer) + "nodes", layer.getNodeCount(), tokens * k);
    if (layer.getRetriedCount() > 0) {
      requireCount(name(layer) + "retried", layer.getRetriedCount(), tokens * k);
    }
    layer.getExpertIdsList().forEach(id -> requireBelow(name(layer) + "expert", id, experts));
    layer.getNodeList().forEach(node -> requireBelow(name(layer) + "node", node, nodes + 1));
  }

  private static int experts(LayerTraceOrBuilder layer) {
    return layer.getEntropiesCount() == 0
        ? 0
        : layer.getProbabilitiesCount() / layer.getEntropiesCount();
  }

  private static String name(LayerTrace layer) {
    return "the trace of layer " + layer.getLayer() + ": ";
  }

  private static void requireCount(String what, int value, int expected) {
    if (value != expected) {
      throw new TraceException("%s: %d (expected: %d)".formatted(what, value, expected));
    }
  }

  private static void requireBelow(String what, int value, int end) {
    if (value < 0 || value >= end) {
      throw new TraceException(
          "%s: %s (expected: below %d)".formatted(what, Integer.toUnsignedString(value), end));
    }
  }
}
