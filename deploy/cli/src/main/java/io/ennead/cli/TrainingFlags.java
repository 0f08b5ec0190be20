package io.ennead.cli;

import io.ennead.learn.model.Objective;
import io.ennead.learn.train.TrainingOptions;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** How something is trained. */
final class TrainingFlags {
  @Option(
      names = "--steps",
      defaultValue = "1000",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Updates (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--batch",
      defaultValue = "8",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Sequences per step (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--learning-rate",
      defaultValue = "0.003",
      paramLabel = "RATE",
      description = "AdamW's rate after the warm-up (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--warmup",
      defaultValue = "0.05",
      paramLabel = "SHARE",
      description = "Share of the steps in which the rate rises (default: ${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--least-rate",
      defaultValue = "0.1",
      paramLabel = "SHARE",
      description = "Where the cosine ends, as a share of the rate (default: ${DEFAULT-VALUE}).")
  private double leastRate;

  @Option(
      names = "--weight-decay",
      defaultValue = "0.1",
      paramLabel = "W",
      description = "Decay of matrices, times the rate (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--clip",
      defaultValue = "1",
      paramLabel = "NORM",
      description = "The gradient's norm at most (default: ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--checkpoint-every",
      defaultValue = "100",
      converter = CountConverter.class,
      paramLabel = "STEPS",
      description = "Steps from a checkpoint to the next (default: ${DEFAULT-VALUE}).")
  private int checkpointEvery;

  @Option(
      names = "--threads",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Native threads; with 1 a run's bits are always the same (default: 1).")
  private int threads;

  @Option(
      names = "--chunk",
      defaultValue = "128",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Tokens of a sequence (default: ${DEFAULT-VALUE}).")
  private int chunk;

  @Option(
      names = "--sequences",
      defaultValue = "100000",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Sequences of a corpus at most (default: ${DEFAULT-VALUE}).")
  private int sequences;

  @Option(
      names = "--seed",
      defaultValue = "0",
      converter = SeedConverter.class,
      paramLabel = "S",
      description = "Of first weights and order of the data (default: ${DEFAULT-VALUE}).")
  private long seed;

  int checkpointEvery() {
    return checkpointEvery;
  }

  int threads() {
    return threads;
  }

  int chunk() {
    return chunk;
  }

  int sequences() {
    return sequences;
  }

  /** For an objective, whose own faults are told alike. */
  TrainingOptions options(Supplier<Objective> objective) {
    try {
      return new TrainingOptions(
          objective.get(),
          steps,
          batch,
          rate,
          (int) Math.round(warmup * steps),
          leastRate,
          weightDecay,
          clip,
          seed);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }
}
