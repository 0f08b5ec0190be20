package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.survival.HistoryChecker.Kind;
import io.ennead.cli.survival.HistoryChecker.Violation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What came of an episode. */
record Outcome(
    Bench bench,
    Path file,
    List<HistoryLine> history,
    List<Nemesis.Deed> deeds,
    List<Violation> violations) {

  private static final int SHOWN = 10;

  Timeline timeline() {
    return new Timeline(history);
  }

  /** Nothing wrong, and something happened at all. */
  Outcome isRight() {
    assertThat(violations.stream().limit(SHOWN).toList())
        .as("%d violations; %s", violations.size(), this)
        .isEmpty();
    assertThat(history).as(toString()).anyMatch(HistoryLine::isOk);
    return this;
  }

  /** Nothing wrong but that connections failed with this code, which nobody was left to explain. */
  Outcome isRightBut(String status) {
    assertThat(violations)
        .as(toString())
        .allMatch(v -> v.kind() == Kind.UNTYPED_ERROR && v.text().contains(status));
    return this;
  }

  /** The requests of one client. */
  List<HistoryLine> of(String client) {
    return history.stream().filter(line -> line.client().equals(client)).toList();
  }

  /** Requests that ended with an error, or not at all. */
  List<HistoryLine> failures() {
    return history.stream().filter(line -> !line.isOk()).toList();
  }

  Outcome hasNoFailure() {
    assertThat(failures().stream().limit(SHOWN).toList()).as("failures; %s", this).isEmpty();
    return this;
  }

  /** A measured time and its bound. */
  Outcome took(String what, long micros, Duration bound) {
    System.out.printf("%s: %s %s%n", file.getFileName(), what, History.times(micros));
    assertThat(Duration.ofNanos(micros * 1000)).as("%s; %s", what, this).isLessThan(bound);
    return this;
  }

  Outcome print() {
    System.out.println(this);
    return this;
  }

  @Override
  public String toString() {
    return "%s: %d requests (%s), longest gap %s, %s, seed %d, logs in %s"
        .formatted(
            file.getFileName(),
            history.size(),
            HistoryChecker.ends(history),
            History.times(timeline().longestGap()),
            deeds,
            bench.seed(),
            bench.cluster().directory());
  }
}
