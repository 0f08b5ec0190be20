package io.ennead.router.generate;

import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.sample.LogitRow;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.trace.TraceOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Tokens to score in one pass, checked against the model.
 *
 * @param tokens at least one, at most the context and one more, since the last is not computed; not
 *     to be modified
 * @param from index of the first token that is scored, at least 1; those before it are context
 * @param detail what to tell of each scored token; empty: nothing
 * @param labels what to tell of the distribution that each scored token was one of
 * @param runs consecutive scored tokens that are summed up together, in order; they cover all
 * @param deadlineNanos {@link System#nanoTime()} at which the caller gives up; {@link
 *     Long#MAX_VALUE} for never
 * @param claim whose it is, and how urgent
 */
public record ScoreJob(
    int[] tokens,
    int from,
    Optional<Detail> detail,
    Optional<Labels> labels,
    List<Run> runs,
    RoutingOptions routing,
    TraceOptions trace,
    long deadlineNanos,
    Claim claim) {
  /** Checks that the runs cover what is scored. */
  public ScoreJob {
    runs = List.copyOf(runs);
    if (tokens.length == 0 || from < 1 || !endsAt(runs, tokens.length)) {
      throw new IllegalArgumentException(
          "runs: %s (expected: from %d to %d)".formatted(runs, from, tokens.length));
    }
  }

  /** Of nobody in particular. */
  public ScoreJob(
      int[] tokens,
      int from,
      Optional<Detail> detail,
      List<Run> runs,
      RoutingOptions routing,
      TraceOptions trace,
      long deadlineNanos) {
    this(
        tokens, from, detail, Optional.empty(), runs, routing, trace, deadlineNanos, Claim.ANYBODY);
  }

  private static boolean endsAt(List<Run> runs, int end) {
    return !runs.isEmpty() && runs.get(runs.size() - 1).end() == end;
  }

  /** What goes through the model: all but the last token, which nothing follows. */
  int[] fed() {
    return tokens.length == 1 ? tokens : Arrays.copyOf(tokens, tokens.length - 1);
  }

  /**
   * What to tell of each token.
   *
   * @param top how many of the most likely tokens at its place
   * @param tempered its log-probability at so many of the first inverse temperatures of its run
   */
  public record Detail(int top, int tempered) {}

  /**
   * What to tell of a distribution.
   *
   * @param inverseTemperature at which to take it, as {@link LogitRow#at} does
   * @param top how many of its most likely tokens; 0: all of it
   * @param hidden whether also what its logits are computed from
   */
  public record Labels(double inverseTemperature, int top, boolean hidden) {
    SoftLabel of(LogitRow row) {
      LogProbs distribution = row.at(inverseTemperature);
      return top == 0 ? SoftLabel.whole(distribution) : SoftLabel.top(distribution, top);
    }
  }

  /**
   * Consecutive tokens.
   *
   * @param end index after its last token
   * @param inverseTemperatures where to take the run's likelihood; not to be modified
   */
  public record Run(int end, double[] inverseTemperatures) {}
}
