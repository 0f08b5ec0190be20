package io.ennead.cli.route;

import static java.util.Comparator.comparing;

import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Puts the pieces of a sequence's trace together, and refuses what does not fit together: a picture
 * of a trace with holes would be wrong without looking so.
 */
public final class TraceAssembly {
  private final List<RoutingTrace> pieces = new ArrayList<>();

  /** The next piece of one sequence. */
  public void add(RoutingTrace piece) {
    pieces.add(piece);
  }

  /** The whole. */
  public Trace trace() {
    List<RoutingTrace> told =
        pieces.stream()
            .filter(piece -> piece.getTokens() > 0)
            .sorted(comparing(RoutingTrace::getFirstPosition))
            .toList();
    List<LayerRoutes> layers = layers(told);
    int first = told.isEmpty() ? 0 : told.get(0).getFirstPosition();
    int tokens = told.stream().mapToInt(RoutingTrace::getTokens).sum();
    boolean truncated = pieces.stream().anyMatch(RoutingTrace::getTruncated);
    return new Trace(first, tokens, truncated, layers, loads(layers));
  }

  private static List<LayerRoutes> layers(List<RoutingTrace> told) {
    List<String> nodes = new ArrayList<>();
    List<LayerTrace.Builder> layers = new ArrayList<>();
    int tokens = 0;
    for (RoutingTrace piece : told) {
      requireNext(told.get(0).getFirstPosition() + tokens, piece);
      PieceCheck.require(piece, layers);
      append(piece, layers, nodes);
      tokens += piece.getTokens();
    }
    int all = tokens;
    return layers.stream()
        .map(layer -> new LayerRoutes(layer.build(), all, List.copyOf(nodes)))
        .toList();
  }

  private static void requireNext(int position, RoutingTrace piece) {
    if (piece.getFirstPosition() != position) {
      throw new TraceException(
          "the trace goes on at position %d (expected: %d)"
              .formatted(piece.getFirstPosition(), position));
    }
  }

  private static void append(
      RoutingTrace piece, List<LayerTrace.Builder> layers, List<String> nodes) {
    for (int i = 0; i < piece.getLayersCount(); i++) {
      LayerTrace layer = piece.getLayers(i);
      if (layers.size() == i) {
        layers.add(
            LayerTrace.newBuilder()
                .setLayer(layer.getLayer())
                .setExpertsPerToken(layer.getExpertsPerToken()));
      }
      append(layer, layers.get(i), piece.getNodesList(), nodes);
    }
  }

  /** Logits are left behind: they are half of the bytes, and probabilities tell the same. */
  private static void append(
      LayerTrace layer, LayerTrace.Builder whole, List<String> pieceNodes, List<String> nodes) {
    int places = layer.getExpertIdsCount();
    whole
        .addAllProbabilities(layer.getProbabilitiesList())
        .addAllEntropies(layer.getEntropiesList())
        .addAllExpertIds(layer.getExpertIdsList())
        .addAllWeights(layer.getWeightsList())
        .addAllShares(layer.getSharesList());
    for (int place = 0; place < places; place++) {
      int node = layer.getNode(place);
      whole.addNode(node == 0 ? 0 : 1 + indexIn(nodes, pieceNodes.get(node - 1)));
      whole.addRetried(layer.getRetriedCount() > 0 && layer.getRetried(place));
    }
  }

  /** Every piece has a list of nodes of its own. */
  private static int indexIn(List<String> nodes, String node) {
    int index = nodes.indexOf(node);
    if (index >= 0) {
      return index;
    }
    nodes.add(node);
    return nodes.size() - 1;
  }

  private List<LayerLoad> loads(List<LayerRoutes> layers) {
    List<LayerLoad> summary =
        pieces.stream()
            .flatMap(piece -> piece.getSummaryList().stream())
            .map(LayerLoad::of)
            .toList();
    if (summary.isEmpty()) {
      return layers.stream().map(LayerLoad::of).toList();
    }
    requireSame(layers, summary);
    return summary;
  }

  private static void requireSame(List<LayerRoutes> layers, List<LayerLoad> summary) {
    boolean same =
        layers.isEmpty()
            || layers.size() == summary.size()
                && IntStream.range(0, layers.size())
                    .allMatch(i -> same(layers.get(i), summary.get(i)));
    if (!same) {
      throw new TraceException(
          "the trace's summary tells of other layers or experts than the trace");
    }
  }

  private static boolean same(LayerRoutes routes, LayerLoad load) {
    return routes.layer() == load.layer() && routes.experts() == load.experts();
  }
}
