package io.ennead.cli.route;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import java.util.List;

/**
 * Tokens by layers. Tokens run downwards, so that their texts stand upright beside their cells; the
 * rows are cut into blocks, which stand side by side where there is room.
 */
final class HeatMap {
  /** A browser is still quick with so many cells. */
  private static final int MAX_CELLS = 16_000;

  private static final int MAX_TOKENS = 400;
  private static final int MIN_TOKENS = 50;

  private static final double PAGE_WIDTH = 1120;
  private static final double BLOCK_GAP = 22;
  private static final int MAX_ROWS = 60;
  private static final int MIN_ROWS = 10;

  private static final int HEAD = 18;
  private static final int POSITION_END = 34;
  private static final int TEXT_START = 44;
  private static final int CELLS_START = 158;
  private static final int TEXT_COLUMNS = 15;

  private final Picture picture;
  private final List<LayerRoutes> layers;
  private final HeatCell cell;
  private final int shown;

  HeatMap(Picture picture) {
    this.picture = picture;
    this.layers = picture.trace().layers();
    this.cell = HeatCell.forLayers(layers.size());
    int most = Math.max(MIN_TOKENS, Math.min(MAX_TOKENS, MAX_CELLS / layers.size()));
    this.shown = Math.min(most, picture.trace().tokens());
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "Tokens by layers").open("figure");
    page.leaf("figcaption", caption()).open("div", "class", "panels");
    int rows = blockRows();
    for (int from = 0; from < shown; from += rows) {
      block(page, from, Math.min(shown, from + rows));
    }
    page.close().close().close();
  }

  /** So that the blocks fill the page's width, and none is longer than a screen or so. */
  private int blockRows() {
    int beside = Math.max(1, (int) (PAGE_WIDTH / (blockWidth() + BLOCK_GAP)));
    int even = -Math.floorDiv(-shown, beside);
    int blocks = -Math.floorDiv(-even, MAX_ROWS) * beside;
    return Math.max(MIN_ROWS, -Math.floorDiv(-shown, blocks));
  }

  private double blockWidth() {
    return CELLS_START + layers.size() * cell.width() + 2;
  }

  private String caption() {
    String caption =
        "One row for each token, one column for each layer. A cell has the colour"
            + (cell.numbered() ? " and number" : "")
            + " of the token's top expert there; the stronger the colour, the larger the part of"
            + " the weight that this expert has"
            + (cell.withShare() ? " (in %)" : "")
            + ". A bar beside a row: the token was generated. Pointing at a cell shows all experts"
            + " of the token.";
    int tokens = picture.trace().tokens();
    return shown == tokens
        ? caption
        : caption + " The first %d of %d tokens are shown.".formatted(shown, tokens);
  }

  private void block(Markup page, int from, int to) {
    Trace trace = picture.trace();
    String range = "tokens %d to %d".formatted(trace.first() + from, trace.first() + to - 1);
    Drawing.open(
        page,
        blockWidth(),
        HEAD + (to - from) * cell.height() + 2,
        "Top experts of " + range,
        "A grid of %s by %d layers; each cell names an expert.".formatted(range, layers.size()));
    for (int i = 0; i < layers.size(); i++) {
      columnHead(page, i);
    }
    for (int token = from; token < to; token++) {
      row(page, token, HEAD + (token - from) * cell.height());
    }
    page.close();
  }

  private void columnHead(Markup page, int i) {
    if (!cell.labelled(i)) {
      return;
    }
    int layer = layers.get(i).layer();
    String name = cell.withShare() ? "layer " + layer : Integer.toString(layer);
    String size = cell.withShare() ? "small" : "tiny";
    double middle = CELLS_START + (i + 0.5) * cell.width();
    Drawing.text(page, middle, HEAD - 6, "soft mid " + size, name);
  }

  private void row(Markup page, int token, double y) {
    int position = picture.trace().first() + token;
    double base = y + cell.height() / 2 + 4;
    Drawing.text(page, POSITION_END, base, "soft small end", Integer.toString(position));
    if (picture.run().generated(position)) {
      double x = TEXT_START - 5;
      Drawing.line(page, x, y, x, y + cell.height(), "mark");
    }
    label(page, position, base);
    for (int i = 0; i < layers.size(); i++) {
      cell.write(page, layers.get(i), token, CELLS_START + i * cell.width(), y, title(position, i));
    }
  }

  /** Spaces at the ends are part of a token, and would not be seen. */
  private void label(Markup page, int position, double base) {
    String text = Visible.cut(Visible.of(picture.run().tokens().get(position)), TEXT_COLUMNS);
    String inner = text.strip();
    int start = inner.isEmpty() ? text.length() : text.indexOf(inner);
    page.open("text", "x", TEXT_START, "y", base, "class", "token");
    spaces(page, start);
    page.text(inner);
    spaces(page, text.length() - start - inner.length());
    page.close();
  }

  private static void spaces(Markup page, int count) {
    if (count > 0) {
      page.leaf("tspan", "␣".repeat(count), "class", "soft");
    }
  }

  private String title(int position, int i) {
    return "%s, layer %d".formatted(picture.tokenTitle(position), layers.get(i).layer());
  }
}
