package io.ennead.cli;

import io.ennead.cli.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "synthesize",
    description = {
      "Writes a model of random weights at true dimensions, in bf16: for sizing and benchmarks.",
      "The same seed gives the same bytes. What it generates means nothing."
    })
final class SynthesizeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "Directory to make; must not exist.")
  private Path directory = Path.of("");

  @Option(
      names = "--like",
      required = true,
      paramLabel = "MODEL",
      description = "Whose dimensions: mixtral-8x7b, grok-1 or qwen3-30b-a3b.")
  private String like = "";

  @Option(
      names = "--layers",
      defaultValue = "1",
      paramLabel = "N",
      description = "Layers to make (default: ${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--seed",
      defaultValue = "0",
      paramLabel = "S",
      description = "Seed of the weights (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if (!SyntheticModel.names().contains(like)) {
      throw new ParameterException(
          spec.commandLine(),
          "--like: %s (expected: one of %s)"
              .formatted(like, String.join(", ", SyntheticModel.names())));
    }
    if (layers < 1 || layers > 1024) {
      throw new ParameterException(
          spec.commandLine(), "--layers: %d (expected: 1 to 1024)".formatted(layers));
    }
    long bytes = SyntheticModel.like(like, layers).write(directory, seed);
    spec.commandLine()
        .getOut()
        .printf("%s: %s with %d layers, %s%n", directory, like, layers, MemoryTable.bytes(bytes));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
