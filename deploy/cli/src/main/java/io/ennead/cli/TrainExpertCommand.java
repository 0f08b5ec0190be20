package io.ennead.cli;

import io.ennead.cli.bench.TrainingPage;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.expert.pack.PackId;
import io.ennead.learn.ExpertTraining;
import io.ennead.learn.ExpertTrainingPlan;
import io.ennead.learn.ExpertTrainingResult;
import io.ennead.learn.model.Objective;
import io.ennead.router.model.TextTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "train-expert",
    description = {
      "Trains new experts of a model, and their rows of the gate, on a new domain, and writes them as"
          + " a pack. The model stays as it is; text that it knows keeps the gate from sending that"
          + " to the new experts.",
      "Needs no running cluster. NAME@VERSION.training, beside the pack, gets training.csv,"
          + " training.html, and state.bin, from which the same command goes on when it ended early."
    })
final class TrainExpertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private TrainingFlags training = new TrainingFlags();

  @Option(names = "--name", required = true, paramLabel = "NAME", description = "The pack's name.")
  private String name = "";

  @Option(
      names = "--pack-version",
      defaultValue = "1",
      paramLabel = "VERSION",
      description = "The pack's version (default: ${DEFAULT-VALUE}).")
  private String version = "";

  @Option(
      names = "--packs",
      defaultValue = ".",
      paramLabel = "DIR",
      description = "Directory of packs, in which NAME@VERSION is made (default: the current one).")
  private Path packs = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(
      names = "--corpus",
      required = true,
      paramLabel = "FILE",
      description = "The new domain: one JSON object with a field \"text\" per line.")
  private Path corpus = Path.of("");

  @Option(
      names = "--keep",
      required = true,
      paramLabel = "FILE",
      description =
          "The same, of what the model knows and is to go on as it does; half of each batch.")
  private Path keep = Path.of("");

  @Option(
      names = "--validation",
      required = true,
      paramLabel = "FILE",
      description = "The same, of the new domain, to judge the experts by.")
  private Path validation = Path.of("");

  @Option(
      names = "--experts",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "New experts in each layer (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--layers",
      split = ",",
      paramLabel = "LAYER",
      description = "Layers that get them (default: all that have experts).")
  private @Nullable List<Integer> layers;

  @Option(
      names = "--alpha",
      defaultValue = "0.8",
      paramLabel = "A",
      description =
          "Share of what is to stay in (1 - alpha) cross-entropy + alpha KL(without || with the"
              + " pack), 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double alpha;

  @Option(
      names = "--gate-cost",
      defaultValue = "30",
      paramLabel = "C",
      description =
          "What a token that goes to the new experts and should not costs in the gate's loss, where"
              + " one that does not and should costs 1 (default: ${DEFAULT-VALUE}).")
  private double gateCost;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ExpertTrainingPlan plan = plan();
    Files.createDirectories(plan.state());
    ExpertTrainingResult result;
    try (TextTokenizer tokenizer = TextTokenizer.open(plan.model());
        StepProgress progress =
            StepProgress.on(spec.commandLine().getErr(), plan.training().steps())) {
      result = ExpertTraining.of(tokenizer::encode, plan).run(progress::report);
    }
    Files.writeString(
        plan.state().resolve("training.html"),
        TrainingPage.of(plan.pack().toString(), plan.state().resolve("training.csv")));
    print(plan, result);
    return 0;
  }

  private ExpertTrainingPlan plan() {
    Path base = model == null ? Home.demoModel() : model;
    PackId id = new PackId(name, version);
    List<Integer> all = Families.read(base.resolve("config.json")).moeLayers();
    List<Integer> chosen = layers == null ? all : layers.stream().sorted().distinct().toList();
    if (!all.containsAll(chosen)) {
      throw new CommandException("--layers: %s (expected: of %s)".formatted(chosen, all));
    }
    try {
      return new ExpertTrainingPlan(
          base,
          corpus,
          keep,
          validation,
          id,
          packs,
          packs.resolve(id.directory() + ".training"),
          chosen,
          experts,
          training.options(() -> new Objective(alpha, 1, gateCost)),
          training.chunk(),
          training.sequences(),
          training.checkpointEvery(),
          training.threads());
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  private void print(ExpertTrainingPlan plan, ExpertTrainingResult result) {
    PrintWriter out = spec.commandLine().getOut();
    PackWords.of(plan.directory().resolve(plan.pack().directory())).print(out);
    out.printf(
        Locale.ROOT,
        "%,d parameters trained; perplexity on %d validation tokens: %.2f by the model alone, %.2f"
            + " with the pack%n",
        result.parameters(),
        result.after().tokens(),
        result.before().perplexity(),
        result.after().perplexity());
    out.flush();
  }
}
