package io.ennead.cli.route;

import io.ennead.cli.html.Head;
import io.ennead.cli.html.Markup;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import java.util.stream.IntStream;

/**
 * The picture of a run as one file that needs nothing else: HTML that is XML too, drawings in line,
 * no script. The same run gives the same bytes.
 */
public final class RoutePage {
  private final Markup page;
  private final Picture picture;

  private RoutePage(Picture picture) {
    this.picture = picture;
    this.page = Head.open("Which expert did what: " + picture.run().model().getName(), colours());
  }

  /** The page. */
  public static String of(Picture picture) {
    return new RoutePage(picture).write();
  }

  private String write() {
    header();
    new TextFigure(picture).write(page);
    new HeatMap(picture).write(page);
    new LoadBars(picture.trace()).write(page);
    new EntropyLines(picture).write(page);
    new RoutingGrid(picture).write(page);
    return Head.close(page);
  }

  private static String colours() {
    StringBuilder styles = new StringBuilder();
    IntStream.range(0, Palette.SIZE)
        .forEach(
            color ->
                styles.append(
                    ".c%1$d { fill: %2$s; background-color: %2$s; }\n"
                        .formatted(color, Palette.page(color))));
    return styles.toString();
  }

  private void header() {
    Run run = picture.run();
    page.open("header").leaf("h1", "Which expert did what");
    page.leaf(
        "p",
        "At every layer a gate gives each token to a few experts. This page shows whom it chose,"
            + " with which weights, and how sure it was.",
        "class",
        "lead");
    page.open("dl");
    row("Model", model(run.model()));
    row("Gate", RoutingWords.of(run.model().getGate()));
    row("Tokens", tokens(run));
    row("Routing asked for", RoutingWords.of(run.request().getRouting()));
    row("Sampling", sampling(run.request()));
    row("Seeds", seeds(run.finish()));
    row("Response", run.responseId().isEmpty() ? "not told" : run.responseId());
    page.close().close();
  }

  private void row(String name, String value) {
    page.leaf("dt", name).leaf("dd", Visible.of(value));
  }

  private static String model(Model model) {
    return "%s (%s, %s): %d layers, %d of them with %d experts, %d per token"
        .formatted(
            model.getName(),
            model.getFamily(),
            model.getDtype(),
            model.getLayers(),
            model.getMoeLayersCount(),
            model.getExperts(),
            model.getExpertsPerToken());
  }

  private static String tokens(Run run) {
    int generated = run.tokens().size() - run.promptTokens();
    return "%d of the prompt, %d generated; %s"
        .formatted(run.promptTokens(), generated, traced(run));
  }

  private static String traced(Run run) {
    if (run.trace().truncated()) {
      return "the trace ends before token %d, at the router's bound on its size"
          .formatted(run.trace().end());
    }
    return "the last one is not fed into the model, so it has no routing";
  }

  private static String sampling(GenerateRequest request) {
    double temperature = request.getSampling().getTemperature();
    return temperature == 0 ? "greedy (temperature 0)" : "temperature " + temperature;
  }

  private static String seeds(Finish finish) {
    return "sampling %s, routing %s"
        .formatted(
            Long.toUnsignedString(finish.getSeed()),
            Long.toUnsignedString(finish.getRoutingSeed()));
  }
}
