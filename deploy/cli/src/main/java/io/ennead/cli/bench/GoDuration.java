package io.ennead.cli.bench;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go programs write them: {@code 20s}, {@code 1m30s}, {@code 1.5h}, {@code 100us}. */
final class GoDuration {
  private static final Pattern PART = Pattern.compile("\\G(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");

  private GoDuration() {}

  /** Empty when the text is no duration, or one of nothing. */
  static Optional<Duration> parse(String text) {
    Matcher matcher = PART.matcher(text);
    double nanos = 0;
    int end = 0;
    while (matcher.find()) {
      nanos += Double.parseDouble(matcher.group(1)) * nanos(matcher.group(2));
      end = matcher.end();
    }
    boolean whole = end == text.length() && nanos > 0 && nanos < Long.MAX_VALUE;
    return whole ? Optional.of(Duration.ofNanos((long) nanos)) : Optional.empty();
  }

  private static double nanos(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      default -> 3600e9;
    };
  }
}
