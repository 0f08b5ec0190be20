package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How sure the gate was, token by token: one line for each layer. */
final class EntropyLines {
  private static final double WIDTH = 250;
  private static final double TOP = 22;
  private static final double PLOT = 48;
  private static final double BASE = TOP + PLOT;

  private final Picture picture;
  private final Trace trace;

  EntropyLines(Picture picture) {
    this.picture = picture;
    this.trace = picture.trace();
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "How sure the gate was").open("figure");
    page.leaf(
        "figcaption",
        "Entropy of the gate's probabilities for each token, from the first to the last. At the"
            + " bottom (0 nats) all probability is on one expert; on the dashed line, ln(number of"
            + " experts), all experts are equally likely."
            + picture
                .firstGenerated()
                .map(at -> " Generation begins at the upright line.")
                .orElse(""));
    page.open("div", "class", "panels");
    trace.layers().forEach(routes -> panel(page, routes));
    page.close().close().close();
  }

  private void panel(Markup page, LayerRoutes routes) {
    double mean =
        IntStream.range(0, trace.tokens()).mapToDouble(routes::entropy).average().orElse(0);
    String title = "mean %s of %s nats".formatted(nats(mean), nats(most(routes)));
    Drawing.open(page, WIDTH, BASE + 16, "Entropy at layer " + routes.layer(), title + ".");
    Drawing.text(page, 0, 11, "strong", "Layer " + routes.layer());
    Drawing.text(page, WIDTH, 11, "soft small end", title);
    String curve = curve(routes);
    double end = x(trace.tokens() - 1);
    String under = "%sV%s H%s Z".formatted(curve, xy(BASE), xy(x(0)));
    page.empty("path", "d", under, "class", "under").empty("path", "d", curve, "class", "curve");
    Drawing.line(page, 0, TOP, WIDTH, TOP, "even");
    Drawing.line(page, 0, BASE, WIDTH, BASE, "axis");
    picture.firstGenerated().ifPresent(at -> start(page, x(trace.index(at))));
    Drawing.text(page, 0, BASE + 12, "soft small", Integer.toString(trace.first()));
    if (end > 0) {
      String last = Integer.toString(trace.end() - 1);
      Drawing.text(page, WIDTH, BASE + 12, "soft small end", last);
    }
    page.close();
  }

  private static void start(Markup page, double x) {
    Drawing.line(page, x, TOP, x, BASE, "start");
  }

  private String curve(LayerRoutes routes) {
    String points =
        IntStream.range(0, trace.tokens())
            .mapToObj(token -> xy(x(token)) + " " + xy(y(routes, token)))
            .collect(Collectors.joining(" L", "M", " "));
    return trace.tokens() > 1 ? points : points + "h0.1 "; // a dot
  }

  private double x(int token) {
    return trace.tokens() > 1 ? WIDTH * token / (trace.tokens() - 1) : 0;
  }

  private static double y(LayerRoutes routes, int token) {
    double part = Numbers.finite(routes.entropy(token) / most(routes));
    return BASE - PLOT * Math.max(0, Math.min(1, part));
  }

  private static double most(LayerRoutes routes) {
    return Math.log(routes.experts());
  }

  private static String nats(double value) {
    return Numbers.fixed(value, 2);
  }

  private static String xy(double value) {
    return Numbers.coordinate(value);
  }
}
