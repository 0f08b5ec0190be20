package io.ennead.cli;

import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TemperatureFit;
import io.ennead.v1.TemperatureScore;
import io.ennead.v1.TokenScore;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints the scores of one text. */
final class ScoreReport {
  private final PrintWriter out;

  ScoreReport(PrintWriter out) {
    this.out = out;
  }

  /** One line per token. */
  void tokens(List<TokenScore> tokens, List<Double> temperatures) {
    Table table = new Table();
    List<String> head = new ArrayList<>(List.of("id", "logprob", "rank", "entropy"));
    temperatures.forEach(temperature -> head.add("at T " + temperature));
    head.add("token");
    table.row(head.toArray());
    tokens.forEach(token -> table.row(cells(token, temperatures.size()).toArray()));
    table.print(out);
    out.println();
  }

  private static List<String> cells(TokenScore token, int temperatures) {
    List<String> cells = new ArrayList<>();
    cells.add(Integer.toUnsignedString(token.getId()));
    cells.add(token.hasLogprob() ? four(token.getLogprob()) : "-");
    cells.add(token.hasRank() ? Integer.toUnsignedString(token.getRank()) : "-");
    cells.add(token.hasEntropy() ? four(token.getEntropy()) : "-");
    for (int i = 0; i < temperatures; i++) {
      cells.add(i < token.getTemperedLogprobsCount() ? four(token.getTemperedLogprobs(i)) : "-");
    }
    cells.add(Quoted.of(token.getText()));
    return cells;
  }

  /** The text as a whole. */
  void summary(ScoreSummary summary) {
    Table table = new Table().row("tokens", summary.getTokens());
    if (summary.hasPerplexity()) {
      double nats = Math.log(summary.getPerplexity());
      table.row("perplexity", String.format(Locale.ROOT, "%.3f", summary.getPerplexity()));
      table.row(
          "mean surprise",
          String.format(
              Locale.ROOT,
              "%.3f bits (expected: %.3f, the entropy)",
              SurpriseColours.bits(nats),
              SurpriseColours.bits(summary.getMeanEntropy())));
    }
    table.row("temperature", FitWords.of(summary.getFit()));
    table.print(out);
    temperatures(summary.getTemperaturesList());
    runs(summary.getWindowFitsList());
  }

  private void temperatures(List<TemperatureScore> scores) {
    if (!scores.isEmpty()) {
      Table table = new Table().row("at T", "log-likelihood", "perplexity");
      for (TemperatureScore score : scores) {
        table.row(
            score.getTemperature(),
            String.format(Locale.ROOT, "%.4f", score.getLogLikelihood()),
            String.format(Locale.ROOT, "%.3f", score.getPerplexity()));
      }
      out.println();
      table.print(out);
    }
  }

  private void runs(List<TemperatureFit> fits) {
    if (!fits.isEmpty()) {
      Table table = new Table().row("tokens", "temperature");
      long from = 1;
      for (TemperatureFit fit : fits) {
        table.row("%d-%d".formatted(from, from + fit.getTokens() - 1), FitWords.of(fit));
        from += fit.getTokens();
      }
      out.println();
      table.print(out);
    }
  }

  private static String four(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
