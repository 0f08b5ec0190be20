package io.ennead.expert.architecture;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * How a layer's gate turns router logits into experts and weights. In this order: soft cap, score,
 * selection bias, groups, top k, weights of the chosen from the scores without bias, renormalise,
 * scale.
 *
 * @param experts number of routed experts
 * @param expertsPerToken k
 * @param score from logits to scores
 * @param softCap c of {@code c tanh(l / c)}
 * @param selectionBias [experts], added to the scores for choosing only
 * @param groups which experts may be chosen together
 * @param renormalise divide the weights of the chosen by their sum
 * @param scale factor of the weights, after renormalising
 */
public record GateConfig(
    int experts,
    int expertsPerToken,
    Score score,
    OptionalDouble softCap,
    Optional<Weight> selectionBias,
    Optional<ExpertGroups> groups,
    boolean renormalise,
    double scale) {

  /** Softmax over all, the k most likely; renormalised or not. */
  public static GateConfig softmax(int experts, int expertsPerToken, boolean renormalise) {
    return plain(experts, expertsPerToken, Score.SOFTMAX, renormalise);
  }

  /** The k largest logits, softmax over these alone. */
  public static GateConfig softmaxOfChosen(int experts, int expertsPerToken) {
    return plain(experts, expertsPerToken, Score.SOFTMAX_OF_CHOSEN, true);
  }

  /**
   * Experts there are to choose from when some are excluded, whichever groups turn out the best:
   * those of the groups with the fewest left. A group with none left is never among the best.
   */
  public int open(Set<Integer> excluded) {
    if (groups.isEmpty()) {
      return experts - excluded.size();
    }
    int[] left = new int[groups.get().count()];
    Arrays.fill(left, experts / left.length);
    excluded.forEach(expert -> left[expert * left.length / experts]--);
    return Arrays.stream(left).filter(count -> count > 0).sorted().limit(groups.get().kept()).sum();
  }

  private static GateConfig plain(int experts, int k, Score score, boolean renormalise) {
    return new GateConfig(
        experts,
        k,
        score,
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        renormalise,
        1);
  }

  /** From logits to scores. */
  public enum Score {
    /** {@code exp(l_i) / sum over all experts of exp(l_j)}. */
    SOFTMAX,
    /** {@code 1 / (1 + exp(-l_i))}. */
    SIGMOID,
    /** The logit itself chooses; the weights are the softmax over the chosen. */
    SOFTMAX_OF_CHOSEN
  }

  /**
   * Experts in equal runs of ids. A group's score is the sum of its {@code scored} largest, and
   * experts outside the best groups are not chosen (DeepSeek-V3 technical report, 2.1.2).
   *
   * @param count number of groups; divides the number of experts
   * @param kept groups that stay
   * @param scored how many of a group's experts make its score
   */
  public record ExpertGroups(int count, int kept, int scored) {}
}
