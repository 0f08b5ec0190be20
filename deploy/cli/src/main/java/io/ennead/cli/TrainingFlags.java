package io.ennead.cli;

import io.ennead.learn.model.Objective;
import io.ennead.learn.train.TrainingOptions;
import picocli.CommandLine.Option;

/** How a student is trained. */
final class TrainingFlags {
  @Option(
      names = "--alpha",
      defaultValue = "0.9",
      paramLabel = "A",
      description =
          "Share of the teacher's labels in alpha T^2 KL + (1 - alpha) cross-entropy, 0 to 1; 0: the"
              + " text's own tokens alone (default: ${DEFAULT-VALUE}).")
  private double alpha;

  @Option(
      names = "--label-temperature",
      defaultValue = "2",
      paramLabel = "T",
      description = "T of the labels, more than 0 (default: ${DEFAULT-VALUE}).")
  private double temperature;

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
      names = "--seed",
      defaultValue = "0",
      converter = SeedConverter.class,
      paramLabel = "S",
      description = "Of first weights and order of the data (default: ${DEFAULT-VALUE}).")
  private long seed;

  TrainingOptions options() {
    try {
      return new TrainingOptions(
          new Objective(alpha, temperature),
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
