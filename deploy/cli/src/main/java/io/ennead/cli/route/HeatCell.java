package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;

/** The size of the heat map's cells, and what there is room for in one. */
record HeatCell(double width, double height) {
  /** Below this, one colour could not be told from another. */
  private static final double FAINTEST = 0.3;

  private static final double NARROWEST_NUMBERED = 18;
  private static final double NARROWEST_WITH_SHARE = 60;

  /** So that the map of every model that we know fits the width of a page. */
  static HeatCell forLayers(int layers) {
    if (layers <= 12) {
      return new HeatCell(64, 20);
    }
    return layers <= 52 ? new HeatCell(18, 16) : new HeatCell(Math.max(4, 930.0 / layers), 14);
  }

  boolean numbered() {
    return width >= NARROWEST_NUMBERED;
  }

  boolean withShare() {
    return width >= NARROWEST_WITH_SHARE;
  }

  /** Whether the i-th column has its layer's number above it. */
  boolean labelled(int i) {
    return width >= 14 || i % 5 == 0;
  }

  void write(Markup page, LayerRoutes routes, int token, double x, double y, String title) {
    int expert = routes.top(token).expert();
    double share = Numbers.finite(routes.topShare(token));
    double opacity = FAINTEST + (1 - FAINTEST) * share;
    String color = "c" + expert % Palette.SIZE;
    page.open("g").leaf("title", title + "\n" + Titles.of(routes, token));
    Drawing.shade(page, x, y, width - 1, height - 1, color, opacity);
    String ink = Palette.bright(expert, opacity) ? "cell" : "cell dim";
    if (withShare()) {
      Drawing.text(page, x + 7, y + height - 6, ink + " strong", Integer.toString(expert));
      Drawing.text(page, x + width - 8, y + height - 6, ink + " small end", whole(share));
    } else if (numbered()) {
      String number = Integer.toString(expert);
      Drawing.text(page, x + (width - 1) / 2, y + height - 5, ink + " tiny mid", number);
    }
    page.close();
  }

  private static String whole(double share) {
    return Numbers.fixed(100 * share, 0) + "%";
  }
}
