package io.ennead.router.http;

import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingTrace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The pieces of one choice, joined into one that tells the same. Used under its reply's lock. */
final class JoinedPieces {
  private final GenerateResponse.Builder joined = GenerateResponse.newBuilder();
  private final StringBuilder text = new StringBuilder();
  private final List<LayerTrace.Builder> layers = new ArrayList<>();
  private final List<String> nodes = new ArrayList<>();
  private int tokens;

  void add(GenerateResponse piece) {
    text.append(piece.getText());
    joined
        .addAllTokenIds(piece.getTokenIdsList())
        .addAllLogprobs(piece.getLogprobsList())
        .addAllSamplingTrace(piece.getSamplingTraceList());
    if (piece.hasTrace()) {
      add(piece.getTrace());
    }
    if (piece.hasFinish()) {
      joined.setFinish(piece.getFinish());
    }
  }

  private void add(RoutingTrace piece) {
    RoutingTrace.Builder trace = joined.getTraceBuilder();
    if (tokens == 0 && piece.getTokens() > 0) {
      trace.setFirstPosition(piece.getFirstPosition());
    }
    for (int i = 0; i < piece.getLayersCount(); i++) {
      add(i, piece.getLayers(i), piece);
    }
    tokens += piece.getTokens();
    trace.setTokens(tokens).addAllSummary(piece.getSummaryList());
    trace.setTruncated(trace.getTruncated() || piece.getTruncated());
  }

  /** Columns are row-major by token, so those of later tokens follow. */
  private void add(int index, LayerTrace layer, RoutingTrace piece) {
    if (index == layers.size()) {
      layers.add(
          LayerTrace.newBuilder()
              .setLayer(layer.getLayer())
              .setExpertsPerToken(layer.getExpertsPerToken()));
    }
    LayerTrace.Builder all = layers.get(index);
    addRetried(all, layer);
    all.addAllLogits(layer.getLogitsList())
        .addAllProbabilities(layer.getProbabilitiesList())
        .addAllEntropies(layer.getEntropiesList())
        .addAllExpertIds(layer.getExpertIdsList())
        .addAllWeights(layer.getWeightsList())
        .addAllShares(layer.getSharesList());
    layer.getNodeList().forEach(node -> all.addNode(number(node, piece)));
  }

  /** None is told where none of a piece was. */
  private static void addRetried(LayerTrace.Builder all, LayerTrace layer) {
    if (all.getRetriedCount() == 0 && layer.getRetriedCount() == 0) {
      return;
    }
    int missing = all.getExpertIdsCount() - all.getRetriedCount();
    all.addAllRetried(Collections.nCopies(missing, false));
    all.addAllRetried(
        layer.getRetriedCount() > 0
            ? layer.getRetriedList()
            : Collections.nCopies(layer.getExpertIdsCount(), false));
  }

  /** Each piece counts its nodes by itself. */
  private int number(int node, RoutingTrace piece) {
    if (node == 0) {
      return 0;
    }
    String name = piece.getNodes(node - 1);
    if (!nodes.contains(name)) {
      nodes.add(name);
    }
    return 1 + nodes.indexOf(name);
  }

  GenerateResponse joined() {
    if (joined.hasTrace()) {
      RoutingTrace.Builder trace = joined.getTraceBuilder().clearLayers().addAllNodes(nodes);
      layers.forEach(trace::addLayers);
    }
    return joined.setText(text.toString()).build();
  }
}
