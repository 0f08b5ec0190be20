package io.ennead.learn.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The steps as a CSV file, one line each as it is done. */
final class TrainingLog {
  private final Path file;

  private TrainingLog(Path file) {
    this.file = file;
  }

  /** Begins a file, or goes on behind a step: what follows it is computed anew. */
  static TrainingLog open(Path file, int step) throws IOException {
    List<String> lines = step == 0 ? List.of() : Files.readAllLines(file);
    if (lines.size() < step + 1) {
      lines = List.of(StepReport.HEADER); // lost; it is no part of what the next step depends on
    }
    Files.write(file, lines.subList(0, Math.min(lines.size(), step + 1)));
    return new TrainingLog(file);
  }

  void add(StepReport report) throws IOException {
    Files.writeString(file, report.csv() + "\n", StandardOpenOption.APPEND);
  }
}
