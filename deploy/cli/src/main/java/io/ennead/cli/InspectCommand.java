package io.ennead.cli;

import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.LatentAttention;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.TensorInfo;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.router.ServableModel;
import io.ennead.wire.ComputeType;
import java.io.PrintWriter;
import java.nio.file.Path;
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
    description = {
      "Shows what a model directory holds, how it is computed, and how much memory each node of a"
          + " cluster needs; or what an expert pack holds.",
      "Fails, with the reason, when the model cannot be served, or the pack not with its model."
    })
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description = "Directory of a model or a pack (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(
      names = "--nodes",
      defaultValue = "8",
      paramLabel = "N",
      description = "Expert nodes to share the experts among (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--memory",
      converter = BytesConverter.class,
      paramLabel = "SIZE",
      description = "Memory of each expert node, such as 24GiB: fails when its share does not fit.")
  private @Nullable Long memory;

  @Option(
      names = "--dtype",
      defaultValue = "bf16",
      paramLabel = "TYPE",
      description = "Compute type for --memory: f32, bf16 or int8 (default: ${DEFAULT-VALUE}).")
  private String dtype = "";

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "For a pack: the model that it is checked against (default: the bundled one).")
  private @Nullable Path packModel;

  @Option(names = "--tensors", description = "Also list every tensor.")
  private boolean tensors;

  @Override
  public Integer call() {
    Path directory = model == null ? Home.demoModel() : model;
    if (ExpertPack.isPack(directory)) {
      return inspectPack(directory);
    }
    Checkpoint checkpoint = Checkpoint.open(directory);
    ModelConfig config = checkpoint.config();
    if (nodes < 1 || nodes > config.experts()) {
      throw new ParameterException(
          spec.commandLine(), "--nodes: %d (expected: 1 to %d)".formatted(nodes, config.experts()));
    }
    PrintWriter out = spec.commandLine().getOut();
    architecture(config).print(out);
    out.println();
    MemoryTable.of(config, nodes, largestShare(config)).print(out);
    if (tensors) {
      out.println();
      list(checkpoint).print(out);
    }
    ServableModel.require(checkpoint, directory);
    return fits(config, out) ? 0 : 1;
  }

  private int inspectPack(Path directory) {
    PackWords.of(directory).print(spec.commandLine().getOut());
    Checkpoint base = Checkpoint.open(packModel == null ? Home.demoModel() : packModel);
    ExpertPack pack = ExpertPack.open(directory, base.config(), Fingerprints.model(base));
    pack.requireWhole();
    new Table().row("size", MemoryTable.bytes(pack.bytes())).print(spec.commandLine().getOut());
    return 0;
  }

  private static Table architecture(ModelConfig config) {
    int first = config.moeLayers().get(0);
    MixtureOfExperts moe = config.moe(first);
    String shared =
        moe.shared().map(own -> ", and a shared one of " + own.ffn().width()).orElse("");
    return new Table()
        .row("family", config.family())
        .row(
            "layers",
            "%d, %d of them with experts"
                .formatted(config.layers().size(), config.moeLayers().size()))
        .row("hidden size", config.hiddenSize())
        .row("attention", attention(config.layers().get(first).attention()))
        .row(
            "experts",
            "%d per layer, %d per token, width %d%s"
                .formatted(
                    config.experts(), config.expertsPerToken(), config.expertWidth(), shared))
        .row("gate", GateWords.of(moe.gate()))
        .row("vocabulary", config.vocabularySize())
        .row("context", config.contextLength() + " tokens");
  }

  private static String attention(Attention attention) {
    if (attention instanceof LatentAttention latent) {
      return "%d heads over a latent vector of %d".formatted(latent.heads(), latent.latentDim());
    }
    GroupedQueryAttention own = (GroupedQueryAttention) attention;
    return "%d heads of %d, %d for keys and values"
        .formatted(own.heads(), own.headDim(), own.keyValueHeads());
  }

  private int largestShare(ModelConfig config) {
    return (config.experts() + nodes - 1) / nodes;
  }

  private boolean fits(ModelConfig config, PrintWriter out) {
    if (memory == null) {
      return true;
    }
    long needed = new ModelSizes(config, ComputeType.of(dtype)).expertNode(largestShare(config));
    boolean fits = needed <= memory;
    out.printf(
        "%nan expert node needs %s as %s: %s %s%n",
        MemoryTable.bytes(needed),
        dtype,
        fits ? "fits" : "does not fit",
        MemoryTable.bytes(memory));
    out.flush();
    return fits;
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
