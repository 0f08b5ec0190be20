package io.ennead.router.score;

import io.ennead.router.generate.ScoreJob.Run;
import io.ennead.router.sample.Likelihood;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The likelihoods of a text and of its runs, from pass to pass: which inverse temperatures a pass
 * evaluates where, and the solvers that it feeds. A run's tokens are evaluated where the whole text
 * needs it and where the run does; the whole text's sums are those of its runs. One thread at a
 * time.
 */
final class Fits {
  private final TextJob job;
  private final double[] asked;
  private final Optional<TemperatureSolver> whole;
  private final List<TemperatureSolver> runs;

  /** Of the pass that runs: where all tokens are evaluated, and the sums so far. */
  private double[] common;

  private final List<Likelihood> commonSums = new ArrayList<>();
  private List<Likelihood> askedSums = List.of();
  private List<Likelihood> runSums = List.of();
  private int run;

  Fits(TextJob job) {
    this.job = job;
    this.asked = Arrays.stream(job.temperatures()).map(Fits::inverse).toArray();
    this.whole = job.fit() ? Optional.of(new TemperatureSolver()) : Optional.empty();
    this.runs =
        job.fitWindow().isEmpty()
            ? List.of()
            : IntStream.range(0, runCount()).mapToObj(i -> new TemperatureSolver()).toList();
    this.common = distinct(asked, wanted(whole));
    begin();
  }

  private static double inverse(double temperature) {
    return 1 / temperature + 0.0; // -0 is 0
  }

  private int runCount() {
    return (job.counted() + runLength() - 1) / runLength();
  }

  private int runLength() {
    return job.fitWindow().orElse(Math.max(1, job.counted()));
  }

  private static List<Double> wanted(Optional<TemperatureSolver> solver) {
    return solver.map(TemperatureSolver::wanted).orElse(List.of());
  }

  /** {@code first} as it is, and what it lacks of {@code more}. */
  private static double[] distinct(double[] first, List<Double> more) {
    return DoubleStream.concat(
            Arrays.stream(first),
            more.stream()
                .mapToDouble(Double::doubleValue)
                .filter(b -> Arrays.stream(first).noneMatch(other -> other == b)))
        .toArray();
  }

  private void begin() {
    commonSums.clear();
    Arrays.stream(common).mapToObj(Likelihood::none).forEach(commonSums::add);
    runSums = List.of();
    run = 0;
  }

  /** The runs within a window, in its own indices. */
  List<Run> runs(Window window) {
    List<Run> within = new ArrayList<>();
    int end = window.from();
    do {
      int index = (end - job.from()) / runLength();
      end = (int) Math.min(window.end(), job.from() + (index + 1L) * runLength());
      within.add(new Run(end - window.begin(), evaluated(index)));
    } while (end < window.end());
    return within;
  }

  private double[] evaluated(int index) {
    return index < runs.size() ? distinct(common, runs.get(index).wanted()) : common;
  }

  /** Takes the sums of a window's runs; windows come in order. */
  void add(Window window, List<List<Likelihood>> sums) {
    int index = (window.from() - job.from()) / runLength();
    for (List<Likelihood> sum : sums) {
      add(index++, sum);
    }
  }

  private void add(int index, List<Likelihood> sum) {
    for (int i = 0; i < common.length; i++) {
      commonSums.set(i, commonSums.get(i).plus(sum.get(i)));
    }
    if (index != run) {
      endRun();
      run = index;
    }
    runSums = runSums.isEmpty() ? sum : plus(runSums, sum);
  }

  private static List<Likelihood> plus(List<Likelihood> sums, List<Likelihood> more) {
    return IntStream.range(0, sums.size()).mapToObj(i -> sums.get(i).plus(more.get(i))).toList();
  }

  private void endRun() {
    if (run < runs.size()) {
      runs.get(run).accept(runSums);
    }
    runSums = List.of();
  }

  /** Ends a pass; gives whether another one is needed. */
  boolean endPass() {
    if (askedSums.isEmpty()) {
      askedSums = List.copyOf(commonSums.subList(0, asked.length));
    }
    endRun();
    whole.ifPresent(solver -> solver.accept(commonSums));
    common = wanted(whole).stream().mapToDouble(Double::doubleValue).toArray();
    begin();
    return common.length > 0 || runs.stream().anyMatch(solver -> !solver.wanted().isEmpty());
  }

  List<Likelihood> temperatures() {
    return askedSums;
  }

  Optional<TemperatureFit> fit() {
    return whole.flatMap(TemperatureSolver::fit);
  }

  List<TemperatureFit> windowFits() {
    return runs.stream().map(solver -> solver.fit().orElseThrow()).toList();
  }
}
