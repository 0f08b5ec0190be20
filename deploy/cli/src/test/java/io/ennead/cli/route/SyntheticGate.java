package io.ennead.cli.route;

import io.ennead.v1.LayerSummary;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingTrace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A softmax gate of random logits, which depend on seed, position and layer alone: traces of any
 * size, in any pieces, without a model.
 */
public record SyntheticGate(List<Integer> layers, int experts, int k, long seed) {
  private static final List<String> NODES = List.of("10.0.0.1:8471", "10.0.0.2:8471");

  /** Of layers 0 to {@code layers} - 1. */
  public static SyntheticGate of(int layers, int experts, int k, long seed) {
    return new SyntheticGate(IntStream.range(0, layers).boxed().toList(), experts, k, seed);
  }

  /** The trace of consecutive tokens, in one piece and without a summary. */
  public RoutingTrace.Builder piece(int first, int tokens, RoutingOptions options) {
    RoutingTrace.Builder piece =
        RoutingTrace.newBuilder().setFirstPosition(first).setTokens(tokens).addAllNodes(NODES);
    for (int layer : layers) {
      LayerTrace.Builder trace = LayerTrace.newBuilder().setLayer(layer).setExpertsPerToken(k);
      for (int token = 0; token < tokens; token++) {
        add(trace, layer, first + token, options);
      }
      piece.addLayers(trace);
    }
    return piece;
  }

  public RoutingTrace.Builder piece(int first, int tokens) {
    return piece(first, tokens, RoutingOptions.getDefaultInstance());
  }

  /** The summary of a whole sequence, counted one token at a time. */
  public List<LayerSummary> summary(int tokens, RoutingOptions options) {
    List<LayerSummary> summary = new ArrayList<>();
    for (LayerTrace layer : piece(0, tokens, options).getLayersList()) {
      long[] runs = new long[experts];
      layer.getExpertIdsList().forEach(expert -> runs[expert]++);
      double entropy = layer.getEntropiesList().stream().mapToDouble(h -> h).sum() / tokens;
      double top =
          IntStream.range(0, tokens).mapToDouble(token -> layer.getWeights(token * k)).sum();
      LayerSummary.Builder entry =
          LayerSummary.newBuilder()
              .setLayer(layer.getLayer())
              .setTokens(tokens)
              .setMeanEntropy(entropy)
              .setTop1Share(top / tokens);
      for (long run : runs) {
        entry.addExpertTokens(run);
      }
      summary.add(entry.build());
    }
    return summary;
  }

  private void add(LayerTrace.Builder trace, int layer, int position, RoutingOptions options) {
    double temperature = options.hasTemperature() ? options.getTemperature() : 1;
    double[] logits = logits(layer, position);
    double[] probabilities = softmax(logits, temperature);
    for (int expert = 0; expert < experts; expert++) {
      trace.addLogits((float) logits[expert]).addProbabilities((float) probabilities[expert]);
    }
    trace.addEntropies((float) entropy(probabilities));
    choose(trace, probabilities, keys(layer, position, probabilities, options));
  }

  /** Some experts are liked more than others, as in real models. */
  private double[] logits(int layer, int position) {
    Random liking = new Random(seed * 31 + layer);
    Random random = new Random((seed * 1_000_003 + position) * 10_007 + layer);
    return IntStream.range(0, experts)
        .mapToDouble(expert -> 0.6 * liking.nextGaussian() + 1.3 * random.nextGaussian())
        .toArray();
  }

  private static double[] softmax(double[] logits, double temperature) {
    double[] weights = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp(logits[i] / temperature);
      sum += weights[i];
    }
    for (int i = 0; i < logits.length; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  private static double entropy(double[] probabilities) {
    double entropy = 0;
    for (double p : probabilities) {
      entropy -= p * Math.log(p);
    }
    return entropy;
  }

  private double[] keys(int layer, int position, double[] probabilities, RoutingOptions options) {
    boolean sampled = options.getMode() == RoutingMode.ROUTING_MODE_SAMPLED;
    Random random = new Random(options.getSeed() * 7919 + position * 101L + layer);
    return IntStream.range(0, experts)
        .mapToDouble(
            expert ->
                Math.log(probabilities[expert])
                    + (sampled ? -Math.log(-Math.log(random.nextDouble())) : 0))
        .toArray();
  }

  private void choose(LayerTrace.Builder trace, double[] probabilities, double[] keys) {
    List<Integer> chosen =
        IntStream.range(0, experts)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer expert) -> -keys[expert]))
            .limit(k)
            .sorted(Comparator.comparingDouble((Integer expert) -> -probabilities[expert]))
            .toList();
    double total = chosen.stream().mapToDouble(expert -> probabilities[expert]).sum();
    for (int expert : chosen) {
      trace
          .addExpertIds(expert)
          .addWeights((float) (probabilities[expert] / total))
          .addShares((float) (probabilities[expert] / total))
          .addNode(1 + expert % NODES.size());
    }
  }
}
