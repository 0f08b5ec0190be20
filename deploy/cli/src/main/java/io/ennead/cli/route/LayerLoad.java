package io.ennead.cli.route;

import io.ennead.v1.LayerSummary;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How much each expert of a layer had to do.
 *
 * @param tokens computed at the layer
 * @param expertTokens tokens that each expert ran for
 * @param meanEntropy of the gate's probabilities in nats
 * @param top1Share mean share of the total weight that the top expert of a token has
 */
public record LayerLoad(
    int layer, long tokens, List<Long> expertTokens, double meanEntropy, double top1Share) {

  /** Of all tokens of a sequence. */
  public static LayerLoad of(LayerSummary summary) {
    return new LayerLoad(
        summary.getLayer(),
        summary.getTokens(),
        List.copyOf(summary.getExpertTokensList()),
        summary.getMeanEntropy(),
        summary.getTop1Share());
  }

  /** Of the tokens that the trace tells of. */
  static LayerLoad of(LayerRoutes routes) {
    long[] runs = new long[routes.experts()];
    double entropy = 0;
    double top = 0;
    for (int token = 0; token < routes.tokens(); token++) {
      routes.run(token).forEach(choice -> runs[choice.expert()]++);
      entropy += routes.entropy(token);
      top += routes.topShare(token);
    }
    int tokens = routes.tokens();
    List<Long> load = Arrays.stream(runs).boxed().toList();
    return new LayerLoad(routes.layer(), tokens, load, entropy / tokens, top / tokens);
  }

  /** Number of experts. */
  public int experts() {
    return expertTokens.size();
  }

  /** Each expert's part of the runs, in [0, 1]; together 1 unless nothing ran. */
  public List<Double> shares() {
    double runs = expertTokens.stream().mapToLong(Long::longValue).sum();
    return expertTokens.stream().map(tokens -> runs > 0 ? tokens / runs : 0.0).toList();
  }

  /** Experts from the busiest to the least busy; ties to the lower id. */
  public List<Integer> busiest() {
    return IntStream.range(0, experts())
        .boxed()
        .sorted(Comparator.comparing((Integer expert) -> -expertTokens.get(expert)))
        .collect(Collectors.toList());
  }

  /** Mean entropy as a part of the largest possible, ln(experts). */
  public double relativeEntropy() {
    return experts() > 1 ? meanEntropy / Math.log(experts()) : 0;
  }
}
