package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.client.Scoring;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TokenScore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "score",
    description =
        "Shows how surprising the model finds a text: the text in colours, its perplexity, and the"
            + " sampling temperature at which it is most likely. With --jsonl, of many texts.")
final class ScoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private TextFlag text = new TextFlag();
  @Mixin private ScoreFlags flags = new ScoreFlags();
  @Mixin private ScoreFlags.Temperatures temperatures = new ScoreFlags.Temperatures();
  @Mixin private JsonlFlags jsonl = new JsonlFlags();

  @Parameters(arity = "0..1", paramLabel = "FILE", description = "A file with the text.")
  private @Nullable Path file;

  @Option(
      names = "--fit-window",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Also the temperature of each run of N tokens.")
  private @Nullable Integer fitWindow;

  @Option(
      names = "--tokens",
      description = "Also each token's log-probability, rank (how many were likelier), entropy.")
  private boolean tokens;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (jsonl.given()) {
      requireNoText();
      try (EnneadClient client = connection.open()) {
        jsonl.score(client, flags, connection.limit(), spec.commandLine().getOut());
      }
      return 0;
    }
    String content = text.read(file);
    ScoreRequest.Builder request = request(content);
    try (EnneadClient client = connection.open();
        Scoring scores = client.scoreStream(flags.stream(request).build(), connection.limit())) {
      print(scores, content);
    }
    return 0;
  }

  private void requireNoText() {
    if (file != null || tokens || fitWindow != null || !temperatures.values().isEmpty()) {
      throw new CommandException(
          "FILE, --tokens, --fit-window and --temperatures are for one text, not for --jsonl");
    }
  }

  private ScoreRequest.Builder request(String content) {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setText(content)
            .setFitTemperature(true)
            .addAllTemperatures(temperatures.values());
    if (fitWindow != null) {
      request.setFitWindow(fitWindow);
    }
    return request;
  }

  private void print(Scoring scores, String content) {
    List<TokenScore> scored = new ArrayList<>();
    ScoreSummary summary = ScoreSummary.getDefaultInstance();
    while (scores.hasNext()) {
      ScoreStreamResponse response = scores.next();
      scored.addAll(response.getTokensList());
      summary = response.getSummary();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (spec.commandLine().getColorScheme().ansi().enabled()) {
      out.println(SurpriseColours.of(scored, content));
    }
    ScoreReport report = new ScoreReport(out);
    if (tokens) {
      report.tokens(scored, temperatures.values());
    }
    report.summary(summary);
    out.flush();
  }
}
