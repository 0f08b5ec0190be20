package io.ennead.router.score;

import io.ennead.router.generate.Claim;
import io.ennead.router.generate.ScoreJob;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.trace.TraceOptions;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A text to score, checked against the model.
 *
 * @param tokens at least one; not to be modified
 * @param from index of the first token that counts, at least 1
 * @param window tokens of a window, at least 2
 * @param stride tokens from one window's begin to the next, 1 to window - 1
 * @param temperatures where else to score; none 0 or NaN; not to be modified
 * @param top how many of the most likely tokens to give at each place
 * @param fit whether to find the most likely temperature
 * @param fitWindow also of each run of so many tokens, at least 1
 * @param labels asks for labels in the place of scores; then windows and strides do not matter
 * @param trace what to tell of how the tokens are routed; every window tells it anew
 * @param deadlineNanos {@link System#nanoTime()} at which the caller gives up; {@link
 *     Long#MAX_VALUE} for never
 * @param claim whose it is, and how urgent
 */
public record TextJob(
    int[] tokens,
    int from,
    int window,
    int stride,
    double[] temperatures,
    int top,
    boolean fit,
    OptionalInt fitWindow,
    Optional<LabelPasses> labels,
    RoutingOptions routing,
    TraceOptions trace,
    long deadlineNanos,
    Claim claim) {

  /** Of nobody in particular. */
  public TextJob(
      int[] tokens,
      int from,
      int window,
      int stride,
      double[] temperatures,
      int top,
      boolean fit,
      OptionalInt fitWindow,
      RoutingOptions routing,
      TraceOptions trace,
      long deadlineNanos) {
    this(
        tokens,
        from,
        window,
        stride,
        temperatures,
        top,
        fit,
        fitWindow,
        Optional.empty(),
        routing,
        trace,
        deadlineNanos,
        Claim.ANYBODY);
  }

  /** The same text among the experts of these packs. */
  public TextJob among(GatePacks packs) {
    return new TextJob(
        tokens,
        from,
        window,
        stride,
        temperatures,
        top,
        fit,
        fitWindow,
        labels,
        routing.among(packs),
        trace,
        deadlineNanos,
        claim);
  }

  /** A text whose labels are asked for, and nothing else. */
  public static TextJob labelled(
      int[] tokens,
      int from,
      LabelPasses labels,
      RoutingOptions routing,
      long deadlineNanos,
      Claim claim) {
    return new TextJob(
        tokens,
        from,
        Math.max(2, tokens.length),
        1,
        new double[0],
        0,
        false,
        OptionalInt.empty(),
        Optional.of(labels),
        routing,
        TraceOptions.NONE,
        deadlineNanos,
        claim);
  }

  /** Tokens that are scored. */
  int counted() {
    return tokens.length - from;
  }

  /**
   * Labels, so many at a time: they are too large to keep.
   *
   * @param form what to tell of each place
   * @param places of a pass, at least 1; each pass has all of the text before them as context
   */
  public record LabelPasses(ScoreJob.Labels form, int places) {}
}
