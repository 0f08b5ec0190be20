package io.ennead.cli.bench;

import io.ennead.cli.html.Head;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The losses of a training by its steps, as one page that needs nothing else. */
public final class TrainingPage {
  private static final String STYLES =
      """
      svg .s0 { stroke: #2f7ed8; } .b0 { background: #2f7ed8; }
      svg .s1 { stroke: #d9822b; } .b1 { background: #d9822b; }
      svg .s2 { stroke: #2a9d68; } .b2 { background: #2a9d68; }
      svg .curve { stroke-width: 1.5; fill: none; }
      .swatch { height: 0.7em; }
      svg { max-width: 100%; height: auto; }
      """;

  private static final List<String> LOSSES = List.of("loss", "cross_entropy", "divergence");
  private static final int TICKS = 5;

  private final Markup page;
  private final List<String> columns;
  private final List<String[]> steps;

  private TrainingPage(String name, List<String> lines) {
    this.page = Head.open("Training: " + name, STYLES);
    this.columns = List.of(lines.get(0).split(","));
    this.steps = lines.subList(1, lines.size()).stream().map(line -> line.split(",")).toList();
    page.open("header").leaf("h1", name).close();
  }

  /**
   * The page.
   *
   * @param csv what a training wrote: a header, a line per step
   */
  public static String of(String name, Path csv) throws IOException {
    TrainingPage page = new TrainingPage(name, Files.readAllLines(csv));
    page.section("Losses", "nats", LOSSES);
    page.section("Learning rate", "rate", List.of("learning_rate"));
    page.section("Norm of the gradient, before clipping", "norm", List.of("gradient_norm"));
    return Head.close(page.page);
  }

  private void section(String title, String unit, List<String> names) {
    page.open("section").leaf("h2", title).open("figure").open("ul", "class", "legend");
    for (int i = 0; i < names.size(); i++) {
      page.open("li").leaf("span", "", "class", "swatch b" + i).text(names.get(i)).close();
    }
    page.close();
    double most = names.stream().flatMapToDouble(n -> Arrays.stream(column(n))).max().orElse(1);
    Plot plot = new Plot(page, title, title + " by step.");
    plot.across(0.5, label(most / 2));
    plot.across(1, label(most));
    for (int tick = 1; tick <= TICKS; tick++) {
      plot.below((double) tick / TICKS, Integer.toString(steps.size() * tick / TICKS));
    }
    for (int i = 0; i < names.size(); i++) {
      plot.curve(points(column(names.get(i)), most), "curve s" + i);
    }
    plot.names("step", unit);
    plot.end();
    page.close().close();
  }

  private static String label(double value) {
    return value >= 1 ? Numbers.fixed(value, 1) : String.format(Locale.ROOT, "%.2g", value);
  }

  /** 0 where there is no number: without labels, a step has no divergence. */
  private double[] column(String name) {
    int column = columns.indexOf(name);
    return steps.stream()
        .mapToDouble(step -> Numbers.finite(Double.parseDouble(step[column])))
        .toArray();
  }

  private static List<double[]> points(double[] values, double most) {
    double last = Math.max(1, values.length - 1);
    return IntStream.range(0, values.length)
        .mapToObj(i -> new double[] {i / last, most == 0 ? 0 : values[i] / most})
        .toList();
  }
}
