package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.List;

/** How a layer's work is shared out among its experts: small multiples on one scale. */
final class LoadBars {
  private static final double WIDTH = 250;
  private static final double TOP = 22;
  private static final double PLOT = 64;
  private static final double BASE = TOP + PLOT;

  /** Up to so many experts, each bar has its number and colour. */
  private static final int MAX_NUMBERED = 16;

  private final List<LayerLoad> loads;
  private final double most;

  LoadBars(Trace trace) {
    this.loads = trace.loads();
    this.most =
        loads.stream()
            .flatMap(load -> load.shares().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(1);
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "Load of the experts").open("figure");
    page.leaf(
        "figcaption",
        "Each bar is one expert's part of its layer's work: of all the times that a token was given"
            + " to an expert, how often to this one. The dashed line is an even split. All layers"
            + " have the same scale, up to %s.".formatted(Numbers.percent(most)));
    page.open("div", "class", "panels");
    loads.forEach(load -> panel(page, load));
    page.close();
    LoadTable.write(page, loads);
    page.close().close();
  }

  private void panel(Markup page, LayerLoad load) {
    int busiest = load.busiest().get(0);
    String title =
        "expert %d has %s".formatted(busiest, Numbers.percent(load.shares().get(busiest)));
    Drawing.open(
        page,
        WIDTH,
        BASE + 16,
        "Load at layer " + load.layer(),
        "%d bars; the busiest: %s.".formatted(load.experts(), title));
    Drawing.text(page, 0, 11, "strong", "Layer " + load.layer());
    Drawing.text(page, WIDTH, 11, "soft small end", title);
    for (int expert = 0; expert < load.experts(); expert++) {
      bar(page, load, expert);
    }
    Drawing.line(page, 0, BASE, WIDTH, BASE, "axis");
    double even = BASE - height(1.0 / load.experts());
    Drawing.line(page, 0, even, WIDTH, even, "even");
    numbers(page, load.experts());
    page.close();
  }

  private void bar(Markup page, LayerLoad load, int expert) {
    double pitch = WIDTH / load.experts();
    double gap = Math.min(3, pitch / 4);
    double share = load.shares().get(expert);
    String color = load.experts() <= MAX_NUMBERED ? "c" + expert % Palette.SIZE : "bar";
    page.open("g")
        .leaf(
            "title",
            "layer %d, expert %d: %s (%d runs)"
                .formatted(
                    load.layer(), expert, Numbers.percent(share), load.expertTokens().get(expert)));
    double top = BASE - height(share);
    Drawing.bar(page, expert * pitch + gap / 2, top, pitch - gap, height(share), color);
    page.close();
  }

  private double height(double share) {
    return most > 0 ? PLOT * Math.min(1, share / most) : 0;
  }

  private static void numbers(Markup page, int experts) {
    boolean all = experts <= MAX_NUMBERED;
    int step = all ? 1 : Math.max(1, experts / 4);
    for (int expert = 0; expert < experts; expert += step) {
      double x = (expert + (all ? 0.5 : 0)) * WIDTH / experts;
      String classes = "soft small" + (all ? " mid" : "");
      Drawing.text(page, x, BASE + 12, classes, Integer.toString(expert));
    }
  }
}
