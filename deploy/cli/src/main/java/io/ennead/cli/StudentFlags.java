package io.ennead.cli;

import io.ennead.learn.model.StudentShape;
import picocli.CommandLine.Option;

/** The dimensions of a student. */
final class StudentFlags {
  @Option(
      names = "--hidden",
      defaultValue = "128",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Width of a row (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--layers",
      defaultValue = "3",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Layers (default: ${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--heads",
      defaultValue = "4",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Query heads (default: ${DEFAULT-VALUE}).")
  private int heads;

  @Option(
      names = "--kv-heads",
      defaultValue = "2",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Key and value heads; a divisor of the heads (default: ${DEFAULT-VALUE}).")
  private int keyValueHeads;

  @Option(
      names = "--width",
      defaultValue = "256",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Inner width of an expert (default: ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--experts",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Experts per layer; 1 is a dense model (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--experts-per-token",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "K",
      description = "Experts that a token goes to (default: ${DEFAULT-VALUE}).")
  private int expertsPerToken;

  StudentShape shape() {
    try {
      return new StudentShape(
          hidden, layers, heads, keyValueHeads, width, experts, expertsPerToken);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }
}
