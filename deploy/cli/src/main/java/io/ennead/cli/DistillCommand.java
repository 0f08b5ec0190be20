package io.ennead.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.cli.bench.TrainingPage;
import io.ennead.client.EnneadClient;
import io.ennead.learn.Distillation;
import io.ennead.learn.DistillationPlan;
import io.ennead.learn.DistillationResult;
import io.ennead.learn.model.Objective;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "distill",
    description = {
      "Trains a small model (a student) on a corpus and the soft labels of a running one (its teacher),"
          + " and writes it as a model directory that Ennead serves.",
      "DIR gets model/ (the student), training.csv, training.html, result.json, and state.bin, from"
          + " which the same command goes on when it ended early."
    })
final class DistillCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private StudentFlags student = new StudentFlags();
  @Mixin private TrainingFlags training = new TrainingFlags();

  @Parameters(paramLabel = "DIR", description = "The student's directory.")
  private Path directory = Path.of("");

  @Option(
      names = "--corpus",
      required = true,
      paramLabel = "FILE",
      description = "What to train on: one JSON object with a field \"text\" per line.")
  private Path corpus = Path.of("");

  @Option(
      names = "--validation",
      required = true,
      paramLabel = "FILE",
      description = "The same, to judge the student by.")
  private Path validation = Path.of("");

  @Option(
      names = "--teacher",
      paramLabel = "DIR",
      description = "Model directory of the running teacher (default: the bundled demo model).")
  private @Nullable Path teacher;

  @Option(
      names = "--labels",
      paramLabel = "DIR",
      description = "Where labels are kept; students may share it (default: DIR/labels).")
  private @Nullable Path labels;

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
      names = "--top",
      defaultValue = "64",
      paramLabel = "N",
      description =
          "Most likely tokens of a label, 1 to 1024; 0: whole rows (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(
      names = "--validation-sequences",
      defaultValue = "1000",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Whole sequences of the validation text at most (default: ${DEFAULT-VALUE}).")
  private int validationSequences;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (top < 0 || top > 1024) {
      throw new CommandException("--top: %d (expected: 0 to 1024)".formatted(top));
    }
    Files.createDirectories(directory);
    DistillationPlan plan = plan();
    DistillationResult result;
    try (EnneadClient client = connection.open();
        StepProgress progress =
            StepProgress.on(spec.commandLine().getErr(), plan.training().steps())) {
      result = new Distillation(client, plan, connection.limit()).run(progress::report);
    }
    Files.writeString(directory.resolve("result.json"), json(result));
    Files.writeString(
        directory.resolve("training.html"),
        TrainingPage.of(directory.getFileName().toString(), directory.resolve("training.csv")));
    print(result);
    return 0;
  }

  private DistillationPlan plan() {
    return new DistillationPlan(
        teacher == null ? Home.demoModel() : teacher,
        corpus,
        validation,
        directory,
        labels == null ? directory.resolve("labels") : labels,
        student.shape(),
        training.options(() -> new Objective(alpha, temperature)),
        training.chunk(),
        training.sequences(),
        validationSequences,
        top,
        training.checkpointEvery(),
        training.threads());
  }

  private static String json(DistillationResult result) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    return json.put("parameters", result.parameters())
            .put("teacher_parameters", result.teacherParameters())
            .put("validation_tokens", result.validation().tokens())
            .put("perplexity", result.validation().perplexity())
            .put("cross_entropy", result.validation().crossEntropy())
            .put("divergence", result.validation().divergence())
            .put("sequences_asked", result.asked())
            .put("seconds", result.seconds())
            .put("waited_seconds", result.waited())
            .toPrettyString()
        + "\n";
  }

  private void print(DistillationResult result) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s: %,d parameters, %.3f of the teacher's%n",
        directory.resolve("model"),
        result.parameters(),
        (double) result.parameters() / result.teacherParameters());
    out.printf(
        Locale.ROOT,
        "perplexity %.4f on %d validation tokens, KL(teacher || student) %.4f nats%n",
        result.validation().perplexity(),
        result.validation().tokens(),
        result.validation().divergence());
    out.printf(
        Locale.ROOT,
        "%.1f s, of which %.1f s waiting for labels; %d sequences labelled by the teacher%n",
        result.seconds(),
        result.waited(),
        result.asked());
    out.flush();
  }
}
