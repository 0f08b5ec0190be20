package io.ennead.router.api;

import io.ennead.router.generate.DrawTrace;
import io.ennead.router.trace.LayerSummary;
import io.ennead.router.trace.LayerTrace;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceLevel;
import io.ennead.v1.SamplingTrace;
import java.util.List;
import java.util.stream.IntStream;

/** Writes traces as messages. */
final class TraceMessages {
  private TraceMessages() {}

  static io.ennead.v1.RoutingTrace trace(RoutingTrace trace) {
    io.ennead.v1.RoutingTrace.Builder message =
        io.ennead.v1.RoutingTrace.newBuilder()
            .setFirstPosition(trace.firstPosition())
            .setTokens(trace.tokens())
            .addAllNodes(trace.nodes())
            .setTruncated(trace.truncated());
    trace.layers().forEach(layer -> message.addLayers(layer(layer)));
    return message.build();
  }

  static SamplingTrace draw(DrawTrace draw) {
    return SamplingTrace.newBuilder()
        .setTemperature(draw.temperature())
        .setCandidates(draw.candidates())
        .setEntropy(draw.entropy())
        .build();
  }

  /** A trace that has the sums only. */
  static io.ennead.v1.RoutingTrace summary(List<LayerSummary> summaries) {
    io.ennead.v1.RoutingTrace.Builder message = io.ennead.v1.RoutingTrace.newBuilder();
    summaries.forEach(summary -> message.addSummary(summary(summary)));
    return message.build();
  }

  private static io.ennead.v1.LayerTrace layer(LayerTrace layer) {
    io.ennead.v1.LayerTrace.Builder message =
        io.ennead.v1.LayerTrace.newBuilder()
            .setLayer(layer.layer())
            .setExpertsPerToken(layer.expertsPerToken());
    for (float logit : layer.logits()) {
      message.addLogits(logit);
    }
    for (float probability : layer.probabilities()) {
      message.addProbabilities(probability);
    }
    for (float entropy : layer.entropies()) {
      message.addEntropies(entropy);
    }
    addPlaces(layer, message);
    return message.build();
  }

  private static void addPlaces(LayerTrace layer, io.ennead.v1.LayerTrace.Builder message) {
    for (int place = 0; place < layer.experts().length; place++) {
      message
          .addExpertIds(layer.experts()[place])
          .addWeights(layer.weights()[place])
          .addShares(layer.shares()[place])
          .addNode(layer.node()[place]);
    }
    boolean[] retried = layer.retried();
    if (IntStream.range(0, retried.length).anyMatch(place -> retried[place])) {
      for (boolean one : retried) {
        message.addRetried(one);
      }
    }
  }

  private static io.ennead.v1.LayerSummary summary(LayerSummary summary) {
    io.ennead.v1.LayerSummary.Builder message =
        io.ennead.v1.LayerSummary.newBuilder()
            .setLayer(summary.layer())
            .setTokens(summary.tokens())
            .setMeanEntropy(summary.meanEntropy())
            .setTop1Share(summary.top1Share());
    for (long tokens : summary.expertTokens()) {
      message.addExpertTokens(tokens);
    }
    return message.build();
  }

  static io.ennead.v1.TraceLevel level(TraceLevel level) {
    return switch (level) {
      case NONE -> io.ennead.v1.TraceLevel.TRACE_LEVEL_NONE;
      case SUMMARY -> io.ennead.v1.TraceLevel.TRACE_LEVEL_SUMMARY;
      case FULL -> io.ennead.v1.TraceLevel.TRACE_LEVEL_FULL;
    };
  }
}
