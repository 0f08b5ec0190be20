package io.ennead.router.sample;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a request says of single tokens. Ids are in the vocabulary; whoever reads the request has
 * checked that.
 *
 * @param bias added to logits by id, finite or -infinity; at most {@value #MAX_BIASES}
 * @param allowed only these are drawn; empty for all
 * @param badWords token sequences that are not completed, none of them empty
 */
public record TokenConstraints(
    Map<Integer, Double> bias, Set<Integer> allowed, List<List<Integer>> badWords) {
  /** Nothing said. */
  public static final TokenConstraints NONE = new TokenConstraints(Map.of(), Set.of(), List.of());

  private static final int MAX_BIASES = 1024;

  /** Copies, and refuses biases that are no numbers. */
  public TokenConstraints {
    bias = Map.copyOf(bias);
    allowed = Set.copyOf(allowed);
    badWords = badWords.stream().map(List::copyOf).toList();
    Fields.require(
        bias.size() <= MAX_BIASES, "logit_bias", bias.size() + " entries", "at most " + MAX_BIASES);
    bias.forEach(
        (id, added) ->
            Fields.require(
                added < Double.POSITIVE_INFINITY,
                "logit_bias[%d]".formatted(id),
                added,
                "a finite number or -infinity"));
  }
}
