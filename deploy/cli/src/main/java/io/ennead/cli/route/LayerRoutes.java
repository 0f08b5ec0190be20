package io.ennead.cli.route;

import io.ennead.v1.LayerTrace;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The routing of consecutive tokens at one layer. Tokens count from the trace's first. */
public final class LayerRoutes {
  private final LayerTrace trace;
  private final int tokens;
  private final List<String> nodes;

  LayerRoutes(LayerTrace trace, int tokens, List<String> nodes) {
    this.trace = trace;
    this.tokens = tokens;
    this.nodes = nodes;
  }

  /** Layer index. */
  public int layer() {
    return trace.getLayer();
  }

  /** Experts of the layer. */
  public int experts() {
    return trace.getProbabilitiesCount() / tokens;
  }

  int expertsPerToken() {
    return trace.getExpertsPerToken();
  }

  int tokens() {
    return tokens;
  }

  /** Entropy of a token's probabilities in nats. */
  public double entropy(int token) {
    return trace.getEntropies(token);
  }

  double probability(int token, int expert) {
    return trace.getProbabilities(token * experts() + expert);
  }

  DoubleStream probabilities(int token) {
    return IntStream.range(0, experts()).mapToDouble(expert -> probability(token, expert));
  }

  /** The experts that ran for a token, the one of the largest weight first. */
  public List<Choice> run(int token) {
    return chosen(token).stream().filter(choice -> choice.weight() != 0).toList();
  }

  /** The experts chosen for a token, those of weight 0 too. */
  public List<Choice> chosen(int token) {
    int k = trace.getExpertsPerToken();
    return IntStream.range(token * k, (token + 1) * k)
        .mapToObj(place -> choice(token, place))
        .toList();
  }

  /** The expert of the largest weight. */
  public Choice top(int token) {
    return choice(token, token * trace.getExpertsPerToken());
  }

  /** The part of the token's total weight that its top expert has. */
  double topShare(int token) {
    double total = chosen(token).stream().mapToDouble(Choice::weight).sum();
    return total > 0 ? top(token).weight() / total : 0;
  }

  private Choice choice(int token, int place) {
    int expert = trace.getExpertIds(place);
    int node = trace.getNode(place);
    return new Choice(
        expert,
        trace.getWeights(place),
        trace.getShares(place),
        probability(token, expert),
        node == 0 ? "" : nodes.get(node - 1),
        trace.getRetriedCount() > 0 && trace.getRetried(place));
  }
}
