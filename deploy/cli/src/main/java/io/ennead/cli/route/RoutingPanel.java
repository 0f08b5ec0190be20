package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One layer under one routing: a bar for each expert. With few experts the weights stand on the
 * bars; with many the bars are strips, and the weights stand in lines below.
 *
 * @param most probability at the full height
 * @param mostRun the largest number of experts that run for a token
 */
record RoutingPanel(int experts, double most, int mostRun) {
  static final double WIDTH = 240;

  private static final int MAX_NUMBERED = 8;
  private static final int PER_LINE = 4;
  private static final int MAX_LINES = 3;
  private static final double THINNEST_COLOURED = 5;
  private static final double THINNEST_CHOSEN = 2.5;
  private static final double LINE = 13;
  private static final double NAME = 16;

  double height() {
    return base() + (numbered() ? 16 : 4 + lines() * LINE);
  }

  private boolean numbered() {
    return experts <= MAX_NUMBERED;
  }

  private int lines() {
    return Math.min(MAX_LINES, -Math.floorDiv(-mostRun, PER_LINE));
  }

  /** Room above the bars for the weights on them. */
  private double top() {
    return numbered() ? NAME + 16 : NAME + 2;
  }

  private double base() {
    return top() + (numbered() ? 44 : 34);
  }

  void write(Markup page, Comparison.Column column, int position, int layer) {
    Optional<LayerRoutes> routes = column.trace().routes(layer, position);
    Drawing.bar(page, -4, 0, WIDTH + 8, height() + 2, "ground");
    Drawing.text(page, 0, 12, "soft small", column.name());
    if (routes.isEmpty()) {
      Drawing.text(page, 0, base(), "soft small", "left out: the trace was cut");
      return;
    }
    draw(page, routes.get(), column.trace().index(position));
  }

  private void draw(Markup page, LayerRoutes routes, int token) {
    List<Choice> run = routes.run(token);
    page.leaf("title", "layer %d\n%s".formatted(routes.layer(), Titles.of(routes, token)));
    page.empty("path", "d", others(routes, token, run), "class", "rest");
    run.forEach(choice -> chosen(page, choice));
    Drawing.line(page, 0, base(), WIDTH, base(), "axis");
    if (numbered()) {
      onBars(page, run);
    } else {
      below(page, run);
    }
  }

  /** One path for all of them: there may be a hundred in each of hundreds of panels. */
  private String others(LayerRoutes routes, int token, List<Choice> run) {
    List<Integer> ran = run.stream().map(Choice::expert).toList();
    StringBuilder path = new StringBuilder("M0 " + Numbers.coordinate(base()));
    IntStream.range(0, experts)
        .filter(expert -> !ran.contains(expert))
        .forEach(expert -> path.append(outline(expert, routes.probability(token, expert))));
    return path.toString();
  }

  private String outline(int expert, double probability) {
    String width = Numbers.coordinate(barWidth());
    return "M%s %sh%sv%sh-%sz"
        .formatted(
            Numbers.coordinate(barStart(expert)),
            Numbers.coordinate(base()),
            width,
            Numbers.coordinate(-barHeight(probability)),
            width);
  }

  /** Strips are too thin for a colour to be told; they are only made thick enough to be seen. */
  private void chosen(Markup page, Choice choice) {
    double height = Math.max(1, barHeight(choice.probability()));
    boolean thin = barWidth() < THINNEST_COLOURED;
    double width = Math.max(barWidth(), THINNEST_CHOSEN);
    String classes = thin ? "thin" : "chosen c" + choice.expert() % Palette.SIZE;
    double start = middle(choice.expert()) - width / 2;
    Drawing.bar(page, start, base() - height, width, height, classes);
  }

  private void onBars(Markup page, List<Choice> run) {
    for (int expert = 0; expert < experts; expert++) {
      String number = Integer.toString(expert);
      Drawing.text(page, middle(expert), base() + 12, "soft small mid", number);
    }
    for (Choice choice : run) {
      double y = base() - Math.max(1, barHeight(choice.probability())) - 4;
      Drawing.text(page, middle(choice.expert()), y, "small mid strong", weight(choice));
    }
  }

  private void below(Markup page, List<Choice> run) {
    int room = MAX_LINES * PER_LINE;
    for (int i = 0; i < Math.min(run.size(), room); i++) {
      boolean more = i == room - 1 && run.size() > room;
      double x = WIDTH / PER_LINE * (i % PER_LINE);
      double y = base() + LINE * (1 + i / PER_LINE);
      page.open("text", "x", x, "y", y, "class", "small");
      if (more) {
        page.text("and %d more".formatted(run.size() - i));
      } else {
        named(page, run.get(i));
      }
      page.close();
    }
  }

  private static void named(Markup page, Choice choice) {
    page.leaf("tspan", Integer.toString(choice.expert()), "class", "strong")
        .leaf("tspan", " " + weight(choice), "class", "soft");
  }

  private static String weight(Choice choice) {
    return Numbers.fixed(choice.weight(), 2);
  }

  private double pitch() {
    return WIDTH / experts;
  }

  private double barWidth() {
    return pitch() - Math.min(6, pitch() / 4);
  }

  private double barStart(int expert) {
    return middle(expert) - barWidth() / 2;
  }

  private double middle(int expert) {
    return (expert + 0.5) * pitch();
  }

  private double barHeight(double probability) {
    double part = most > 0 ? Numbers.finite(probability) / most : 0;
    return (base() - top()) * Math.max(0, Math.min(1, part));
  }
}
