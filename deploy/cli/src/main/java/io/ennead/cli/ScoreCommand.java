package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.TokenScore;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "score",
    description =
        "Shows how likely the model finds each token of a text (log-probability, and how many"
            + " tokens were more likely), and the text's perplexity.")
final class ScoreCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private TextFlag text = new TextFlag();

  @Option(
      names = "--routing-temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "On the gate: 0: one expert has all the weight; inf: equal weights.")
  private @Nullable Double routingTemperature;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ScoreRequest.Builder request = ScoreRequest.newBuilder().setText(text.read());
    if (routingTemperature != null) {
      request.setRouting(RoutingOptions.newBuilder().setTemperature(routingTemperature));
    }
    try (EnneadClient client = connection.open()) {
      print(client.score(request.build(), connection.limit()));
    }
    return 0;
  }

  private void print(ScoreResponse response) {
    PrintWriter out = spec.commandLine().getOut();
    Table table = new Table().row("id", "logprob", "rank", "token");
    response.getTokensList().forEach(token -> add(table, token));
    table.print(out);
    if (response.hasPerplexity()) {
      out.printf(Locale.ROOT, "perplexity %.3f%n", response.getPerplexity());
    }
    out.flush();
  }

  private static void add(Table table, TokenScore token) {
    String logprob =
        token.hasLogprob() ? String.format(Locale.ROOT, "%.4f", token.getLogprob()) : "-";
    String rank = token.hasRank() ? Integer.toString(token.getRank()) : "-";
    table.row(token.getId(), logprob, rank, Quoted.of(token.getText()));
  }
}
