package io.ennead.cli;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ModelConfig;
import io.ennead.expert.checkpoint.TensorInfo;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "inspect",
    description = "Shows what a model directory holds, and how much each node of a cluster gets.")
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "Model directory (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(
      names = "--nodes",
      defaultValue = "8",
      paramLabel = "N",
      description = "Expert nodes to share the experts among (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(names = "--tensors", description = "Also list every tensor.")
  private boolean tensors;

  @Override
  public Integer call() {
    Checkpoint checkpoint = Checkpoint.open(model == null ? Home.demoModel() : model);
    int experts = checkpoint.config().experts();
    if (nodes < 1 || nodes > experts) {
      throw new ParameterException(
          spec.commandLine(), "--nodes: %d (expected: 1 to %d)".formatted(nodes, experts));
    }
    PrintWriter out = spec.commandLine().getOut();
    architecture(checkpoint.config()).print(out);
    out.println();
    sizes(checkpoint).print(out);
    if (tensors) {
      out.println();
      list(checkpoint).print(out);
    }
    return 0;
  }

  private static Table architecture(ModelConfig config) {
    return new Table()
        .row("family", config.family().modelType())
        .row("layers", config.layers())
        .row("hidden size", config.hiddenSize())
        .row(
            "attention",
            "%d heads of %d, %d for keys and values"
                .formatted(config.attentionHeads(), config.headDim(), config.keyValueHeads()))
        .row(
            "experts",
            "%d per layer, %d per token, width %d"
                .formatted(config.experts(), config.expertsPerToken(), config.expertWidth()))
        .row("vocabulary", config.vocabularySize())
        .row("context", config.contextLength() + " tokens");
  }

  private Table sizes(Checkpoint checkpoint) {
    ModelSizes sizes = ModelSizes.of(checkpoint);
    ModelConfig config = checkpoint.config();
    int largestShare = (config.experts() + nodes - 1) / nodes;
    return new Table()
        .row("", "parameters", "on disk", "as f32", "as bf16")
        .row(row("all", sizes.parameters(), sizes.bytes()))
        .row(row("router node", sizes.denseParameters(), sizes.denseBytes()))
        .row(
            row(
                "each of %d expert nodes".formatted(nodes),
                sizes.expertParameters() * largestShare,
                sizes.expertBytes() * largestShare))
        .row(
            row(
                "used per token",
                sizes.denseParameters() + sizes.expertParameters() * config.expertsPerToken(),
                sizes.denseBytes() + sizes.expertBytes() * config.expertsPerToken()));
  }

  private static Object[] row(String name, long parameters, long bytes) {
    return new Object[] {
      name,
      String.format(Locale.ROOT, "%,d", parameters),
      bytes(bytes),
      bytes(parameters * Float.BYTES),
      bytes(parameters * Short.BYTES)
    };
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static Table list(Checkpoint checkpoint) {
    Table table = new Table().row("tensor", "type", "shape", "file");
    for (String name : checkpoint.names()) {
      TensorInfo tensor = checkpoint.info(name);
      table.row(name, tensor.type(), tensor.shape(), tensor.file().getFileName());
    }
    return table;
  }
}
