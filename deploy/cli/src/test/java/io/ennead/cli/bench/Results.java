package io.ennead.cli.bench;

import io.ennead.client.load.Arrivals;
import io.ennead.client.load.Lengths;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadPlan.Objective;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.HdrHistogram.Histogram;

/** Runs that never were. */
final class Results {
  private Results() {}

  /** A run of random times, of which every seventh request failed. */
  static LoadResult random(long seed, int count) {
    Random random = new Random(seed);
    List<RequestRecord> requests = new ArrayList<>();
    Histogram gaps = new Histogram(3);
    for (int i = 0; i < count; i++) {
      long first = 1_000_000 + (long) (random.nextDouble() * 50e6);
      int tokens = 1 + random.nextInt(40);
      long end = first + (tokens - 1) * 5_000_000L + random.nextInt(1000);
      boolean failed = i % 7 == 6;
      requests.add(
          new RequestRecord(
              (long) (random.nextDouble() * 4e9),
              first,
              end,
              16,
              failed ? 0 : tokens,
              failed ? Optional.of("QUEUE_FULL") : Optional.empty()));
      gaps.recordValue(5_000_000 + random.nextInt(1_000_000));
    }
    return of(requests, gaps);
  }

  static LoadResult none() {
    return of(List.of(), new Histogram(3));
  }

  static LoadResult of(List<RequestRecord> requests, Histogram gaps) {
    LoadPlan plan =
        new LoadPlan(
            new Arrivals.Poisson(20.5),
            Math.max(1, requests.size()),
            Optional.of(Duration.ofSeconds(5)),
            Duration.ofSeconds(20),
            Optional.of(Lengths.parse("16-64")),
            Optional.of(Lengths.parse("8")),
            new Objective(Optional.of(Duration.ofMillis(30)), Optional.empty()),
            3);
    long end = requests.stream().mapToLong(r -> r.dueNanos() + r.nanos()).max().orElse(1);
    return new LoadResult(plan, requests, gaps, Instant.parse("2026-11-25T06:00:00Z"), end);
  }
}
