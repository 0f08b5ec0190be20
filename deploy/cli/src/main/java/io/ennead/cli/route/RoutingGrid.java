package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.List;

/** One token under several routings: layers downwards, routings across. */
final class RoutingGrid {
  private static final double NAMES = 78;
  private static final double GAP = 16;

  private final Picture picture;
  private final Comparison comparison;

  RoutingGrid(Picture picture) {
    this.picture = picture;
    this.comparison = picture.comparison();
  }

  void write(Markup page) {
    page.open("section").leaf("h2", heading()).open("figure");
    page.leaf("figcaption", caption()).open("div", "class", "rows");
    for (int i = 0; i < picture.trace().layers().size(); i++) {
      row(page, i);
    }
    page.close();
    page.leaf(
        "p",
        "Later layers see inputs that the choices at earlier layers changed, so from the second"
            + " layer on the bars differ between the columns for that reason too.",
        "class",
        "note");
    page.close().close();
  }

  private String heading() {
    return "One token under four routings: "
        + picture.tokenTitle(comparison.position()).replace(", generated", "");
  }

  private String caption() {
    return "The tokens up to this one were sent again four times: with the top-k rule at"
        + " temperature 1, and with experts drawn at three temperatures T of the gate, all with"
        + " routing seed %s. Bars are the gate's probabilities; coloured bars are the experts that"
            .formatted(Long.toUnsignedString(picture.run().finish().getRoutingSeed()))
        + " ran, with their weights. Each layer has its own scale, up to the probability at its"
        + " left.";
  }

  private void row(Markup page, int layer) {
    List<Comparison.Column> columns = comparison.columns();
    int experts = picture.trace().layers().get(layer).experts();
    int id = picture.trace().layers().get(layer).layer();
    double most = columns.stream().mapToDouble(column -> most(column, id)).max().orElse(1);
    RoutingPanel panel = new RoutingPanel(experts, most, picture.trace().mostChosen());
    Drawing.open(
        page,
        NAMES + columns.size() * (RoutingPanel.WIDTH + GAP) - GAP,
        panel.height() + 10,
        "Layer %d under four routings".formatted(id),
        "Bars of %d experts for each routing; those that ran are named.".formatted(experts));
    Drawing.text(page, 0, 12, "strong", "Layer " + id);
    Drawing.text(page, 0, 27, "soft small", "up to " + Numbers.fixed(most, 2));
    for (int i = 0; i < columns.size(); i++) {
      double x = NAMES + i * (RoutingPanel.WIDTH + GAP);
      page.open("g", "transform", "translate(%s)".formatted(Numbers.coordinate(x)));
      panel.write(page, columns.get(i), comparison.position(), id);
      page.close();
    }
    page.close();
  }

  private double most(Comparison.Column column, int layer) {
    Trace trace = column.trace();
    return trace.routes(layer, comparison.position()).stream()
        .flatMap(routes -> routes.probabilities(trace.index(comparison.position())).boxed())
        .mapToDouble(Numbers::finite)
        .max()
        .orElse(0);
  }
}
