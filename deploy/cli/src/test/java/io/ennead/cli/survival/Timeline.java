package io.ennead.cli.survival;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/** Times that a history shows, over all its streams together. Microseconds. */
record Timeline(List<HistoryLine> history) {
  /** Tokens that were under way to the client at the moment of a fault. */
  private static final long UNDER_WAY_MICROS = 20_000;

  /** No token of any stream came from one time to the other. */
  record Silence(long from, long to) {
    long length() {
      return to - from;
    }

    long lengthSince(long time) {
      return to - Math.max(from, time);
    }
  }

  /**
   * The longest silence after a fault, of those that began within the time. Streams share the steps
   * of a batch, so that one node that is awaited holds up all of them.
   */
  Silence silence(long fault, Duration within) {
    long until = fault + within.toNanos() / 1000;
    long[] times = tokensBetween(fault - UNDER_WAY_MICROS, Long.MAX_VALUE);
    Silence longest = new Silence(fault, fault);
    for (int i = 1; i < times.length && times[i - 1] <= until; i++) {
      Silence silence = new Silence(times[i - 1], times[i]);
      if (silence.to() > fault && silence.length() > longest.length()) {
        longest = silence;
      }
    }
    return longest;
  }

  private long[] tokensBetween(long from, long to) {
    return history.stream()
        .flatMap(line -> line.tokenMicros().stream())
        .mapToLong(Long::longValue)
        .filter(time -> time >= from && time <= to)
        .sorted()
        .toArray();
  }

  /** When the first request ended so after a time. */
  OptionalLong firstEnd(String reason, long after) {
    return history.stream()
        .filter(line -> line.isEnded() && line.endMicros() >= after && line.reason().equals(reason))
        .mapToLong(HistoryLine::endMicros)
        .min();
  }

  /** When the first token of a client's requests came after a time. */
  OptionalLong firstToken(String client, long after) {
    return history.stream()
        .filter(line -> line.client().equals(client))
        .flatMap(line -> line.tokenMicros().stream())
        .mapToLong(Long::longValue)
        .filter(time -> time >= after)
        .min();
  }

  /** When the last request that a client sent well ended so. */
  OptionalLong lastOk(String client) {
    return history.stream()
        .filter(line -> line.client().equals(client) && line.isOk())
        .mapToLong(HistoryLine::endMicros)
        .max();
  }

  /** The longest silence of any one stream. */
  long longestGap() {
    return history.stream().mapToLong(HistoryChecker::longestGapMicros).max().orElse(0);
  }

  /** Tokens per second between two times. */
  double throughput(String client, long from, long to) {
    long tokens =
        history.stream()
            .filter(line -> line.client().equals(client))
            .flatMap(line -> line.tokenMicros().stream())
            .filter(time -> time >= from && time < to)
            .count();
    return tokens * 1e6 / (to - from);
  }
}
