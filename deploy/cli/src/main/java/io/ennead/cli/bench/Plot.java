package io.ennead.cli.bench;

import io.ennead.cli.html.Drawing;
import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.List;

/** Axes, and places between them: x and y from 0 to 1, from the lower left corner. */
final class Plot {
  private static final double WIDTH = 1000;
  private static final double HEIGHT = 240;
  private static final double LEFT = 64;
  private static final double TOP = 24;
  private static final double BASE = HEIGHT - 34;
  private static final double RIGHT = WIDTH - 12;

  private final Markup page;

  /** Begins a drawing. */
  Plot(Markup page, String title, String description) {
    this.page = page;
    Drawing.open(page, WIDTH, HEIGHT, title, description);
    Drawing.line(page, LEFT, BASE, RIGHT, BASE, "axis");
  }

  void end() {
    page.close();
  }

  void across(double y, String label) {
    Drawing.line(page, LEFT, up(y), RIGHT, up(y), "axis");
    Drawing.text(page, LEFT - 6, up(y) + 4, "soft small end", label);
  }

  void below(double x, String label) {
    Drawing.text(page, right(x), BASE + 16, "soft small mid", label);
  }

  /** What the axes are of. */
  void names(String x, String y) {
    Drawing.text(page, RIGHT, BASE + 31, "soft small end", x);
    Drawing.text(page, LEFT, 10, "soft small", y);
  }

  void curve(List<double[]> points, String classes) {
    StringBuilder path = new StringBuilder();
    for (double[] point : points) {
      path.append(path.isEmpty() ? "M" : " L").append(xy(right(point[0]))).append(' ');
      path.append(xy(up(point[1])));
    }
    page.empty("path", "d", path.toString(), "class", classes);
  }

  void dot(double x, double y, String classes) {
    page.empty("circle", "cx", right(x), "cy", up(y), "r", 2.4, "class", classes);
  }

  void bar(double x, double width, double height, String classes) {
    double top = up(height);
    Drawing.bar(page, right(x), top, width * (RIGHT - LEFT), BASE - top, classes);
  }

  private static double right(double x) {
    return LEFT + x * (RIGHT - LEFT);
  }

  private static double up(double y) {
    return BASE - y * (BASE - TOP);
  }

  private static String xy(double value) {
    return Numbers.coordinate(value);
  }
}
