package io.ennead.cli.survival;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the undisturbed cluster answered, before any fault.
 *
 * @param answers by the number of the request
 */
record Oracle(Map<Integer, Answer> answers) {

  /** Token by token; the log-probabilities show a difference in any bit of the computation. */
  record Answer(List<Integer> tokens, List<Double> logprobs) {

    /** Whether what came is how this answer begins. */
    boolean beginsWith(List<Integer> ids, List<Double> probabilities) {
      return ids.size() <= tokens.size()
          && ids.equals(tokens.subList(0, ids.size()))
          && probabilities.size() == ids.size()
          && probabilities.equals(logprobs.subList(0, ids.size()));
    }
  }

  static Oracle of(List<HistoryLine> undisturbed) {
    return new Oracle(
        undisturbed.stream()
            .map(Oracle::requireOk)
            .collect(
                Collectors.toMap(
                    HistoryLine::request,
                    line -> new Answer(line.tokens(), line.logprobs()),
                    Oracle::requireSame)));
  }

  private static HistoryLine requireOk(HistoryLine line) {
    if (!line.isOk() || line.degraded()) {
      throw new IllegalArgumentException("oracle: %s (expected: an answer)".formatted(line));
    }
    return line;
  }

  private static Answer requireSame(Answer one, Answer other) {
    if (!one.equals(other)) {
      throw new IllegalArgumentException(
          "oracle: two answers to a request, %s and %s".formatted(one, other));
    }
    return one;
  }

  Optional<Answer> answer(int request) {
    return Optional.ofNullable(answers.get(request));
  }
}
