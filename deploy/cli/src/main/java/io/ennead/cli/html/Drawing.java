package io.ennead.cli.html;

/** Begins drawings, each with a name and a description for those who do not see it. */
public final class Drawing {
  private Drawing() {}

  /** Begins a drawing; to be closed. */
  public static Markup open(
      Markup page, double width, double height, String title, String description) {
    return page.open(
            "svg",
            "role",
            "img",
            "width",
            width,
            "height",
            height,
            "viewBox",
            "0 0 %s %s".formatted(Numbers.coordinate(width), Numbers.coordinate(height)))
        .leaf("title", title)
        .leaf("desc", description);
  }

  /** A text that begins at a place. */
  public static void text(Markup page, double x, double y, String classes, String text) {
    page.leaf("text", text, "x", x, "y", y, "class", classes);
  }

  /** A line between two places. */
  public static void line(Markup page, double x1, double y1, double x2, double y2, String classes) {
    page.empty("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", classes);
  }

  /** A rectangle. */
  public static void bar(
      Markup page, double x, double y, double width, double height, String classes) {
    page.empty("rect", "x", x, "y", y, "width", width, "height", height, "class", classes);
  }

  /** A rectangle of a colour that lets through what is behind it. */
  public static void shade(
      Markup page, double x, double y, double width, double height, String color, double opacity) {
    page.empty(
        "rect",
        "x",
        x,
        "y",
        y,
        "width",
        width,
        "height",
        height,
        "class",
        color,
        "fill-opacity",
        opacity);
  }
}
