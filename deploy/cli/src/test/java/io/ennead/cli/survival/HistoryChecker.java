package io.ennead.cli.survival;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Judges a history: every answer not flagged as degraded is the oracle's, token for token, and what
 * came of a failed one is how the oracle's begins; every request ended, well, flagged, or with a
 * typed error, before its deadline and a margin; nothing was answered twice; no stream stalled.
 */
final class HistoryChecker {
  private static final long MARGIN_MICROS = 100_000;

  /** Codes that say everything by themselves: gRPC's own ends of a call. */
  private static final Set<String> PLAIN = Set.of("DEADLINE_EXCEEDED", "CANCELLED");

  private final Oracle oracle;
  private final Optional<Duration> longestGap;

  /**
   * A checker.
   *
   * @param longestGap that a stream may show: from its start, from token to token, to its end
   */
  HistoryChecker(Oracle oracle, Optional<Duration> longestGap) {
    this.oracle = oracle;
    this.longestGap = longestGap;
  }

  /** What is wrong with a history. */
  enum Kind {
    WRONG_ANSWER,
    HALF_FLAGGED,
    NO_END,
    LATE_END,
    UNTYPED_ERROR,
    ANSWERED_TWICE,
    STALL
  }

  /** A request, and what is wrong with it. */
  record Violation(Kind kind, long id, String text) {}

  /** Empty: nothing is wrong. */
  List<Violation> check(List<HistoryLine> history) {
    List<Violation> found = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    Map<String, Long> answered = new HashMap<>();
    for (HistoryLine line : history) {
      checkOnce(line, ids, answered, found);
      checkEnd(line, found);
      checkFlag(line, found);
      checkAnswer(line, found);
      longestGap.ifPresent(bound -> checkGaps(line, bound, found));
    }
    return found;
  }

  private static void checkOnce(
      HistoryLine line, Set<Long> ids, Map<String, Long> answered, List<Violation> found) {
    if (!ids.add(line.id())) {
      found.add(violation(Kind.ANSWERED_TWICE, line, "this id ended before"));
    }
    if (line.finishes() > 1 || line.pieceAfterFinish() || line.responseIds().size() > 1) {
      found.add(violation(Kind.ANSWERED_TWICE, line, "more than one answer in its stream"));
    }
    for (String response : line.responseIds()) {
      Long other = answered.putIfAbsent(response, line.id());
      if (other != null && other != line.id()) {
        found.add(violation(Kind.ANSWERED_TWICE, line, "shares a response with " + other));
      }
    }
  }

  private static void checkEnd(HistoryLine line, List<Violation> found) {
    if (!line.isEnded()) {
      found.add(violation(Kind.NO_END, line, "did not end"));
      return;
    }
    long late = line.durationMicros() - line.limitMicros();
    if (late > MARGIN_MICROS) {
      found.add(violation(Kind.LATE_END, line, "late by " + History.times(late)));
    }
    if (!line.isOk() && line.reason().isEmpty() && !PLAIN.contains(line.status())) {
      found.add(violation(Kind.UNTYPED_ERROR, line, line.status() + ": " + line.message()));
    }
  }

  private static void checkFlag(HistoryLine line, List<Violation> found) {
    if (line.isOk() && line.degraded() != line.degradedTrailer()) {
      String text = "degraded: %s by its last piece, %s by its trailer";
      found.add(
          violation(
              Kind.HALF_FLAGGED, line, text.formatted(line.degraded(), line.degradedTrailer())));
    }
  }

  private void checkAnswer(HistoryLine line, List<Violation> found) {
    if (line.degraded() || line.request() < 0) {
      return;
    }
    Oracle.Answer answer = oracle.answer(line.request()).orElse(null);
    if (answer == null) {
      found.add(violation(Kind.WRONG_ANSWER, line, "an answer to a request nobody knows"));
      return;
    }
    boolean whole = line.finishes() == 1 && line.tokens().size() == answer.tokens().size();
    if (!answer.beginsWith(line.tokens(), line.logprobs()) || (line.isOk() && !whole)) {
      found.add(violation(Kind.WRONG_ANSWER, line, difference(line, answer)));
    }
  }

  private static String difference(HistoryLine line, Oracle.Answer answer) {
    return "tokens %s %s, %d finishes (expected: %s %s)"
        .formatted(
            line.tokens(), line.logprobs(), line.finishes(), answer.tokens(), answer.logprobs());
  }

  private static void checkGaps(HistoryLine line, Duration bound, List<Violation> found) {
    long gap = longestGapMicros(line);
    if (gap > bound.toNanos() / 1000) {
      found.add(violation(Kind.STALL, line, "silent for " + History.times(gap)));
    }
  }

  /** The longest time in which nothing came of a request: tokens, or its end. */
  static long longestGapMicros(HistoryLine line) {
    long longest = 0;
    long last = line.startMicros();
    for (long token : line.tokenMicros()) {
      longest = Math.max(longest, token - last);
      last = token;
    }
    return Math.max(longest, line.endMicros() - last);
  }

  private static Violation violation(Kind kind, HistoryLine line, String text) {
    String end = line.isEnded() ? History.times(line.endMicros()) : "never";
    return new Violation(
        kind,
        line.id(),
        "request %d of %s, from %s to %s, %s %s: %s"
            .formatted(
                line.request(),
                line.client(),
                History.times(line.startMicros()),
                end,
                line.status(),
                line.reason(),
                text));
  }

  /** How many requests ended how, for people: "OK 120, EXPERT_UNREACHABLE 3". */
  static String ends(List<HistoryLine> history) {
    return history.stream()
        .map(line -> line.reason().isEmpty() ? line.status() : line.reason())
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
        .entrySet()
        .stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
