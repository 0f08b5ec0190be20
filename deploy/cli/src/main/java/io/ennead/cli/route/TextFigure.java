package io.ennead.cli.route;

import io.ennead.cli.html.Markup;
import java.util.List;
import java.util.stream.IntStream;

/** The text, each token on the colour of its top expert at one layer. */
final class TextFigure {
  private static final int MAX_TOKENS = 1000;

  /** More experts than these are not listed. */
  private static final int MAX_LISTED = 16;

  private final Picture picture;
  private final LayerRoutes routes;

  TextFigure(Picture picture) {
    this.picture = picture;
    this.routes = picture.colouring();
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "The text at layer " + routes.layer()).open("figure");
    page.leaf("figcaption", caption());
    page.open("p", "class", "text");
    int shown = Math.min(MAX_TOKENS, picture.run().tokens().size());
    for (int position = 0; position < shown; position++) {
      token(page, position);
    }
    page.close();
    legend(page);
    page.close().close();
  }

  private String caption() {
    StringBuilder caption =
        new StringBuilder(
            "Each token stands on the colour of the expert that had the largest weight for it; the"
                + " small number names the expert. Underlined tokens were generated.");
    if (routes.experts() > Palette.SIZE) {
      caption.append(" Colours come again every %d experts.".formatted(Palette.SIZE));
    }
    List<Token> tokens = picture.run().tokens();
    if (tokens.stream().anyMatch(Token::part)) {
      caption.append(" ▸ is the beginning of a character that the next tokens complete.");
    }
    if (tokens.size() > MAX_TOKENS) {
      caption.append(" The first %d of %d tokens are shown.".formatted(MAX_TOKENS, tokens.size()));
    }
    return caption.toString();
  }

  private void token(Markup page, int position) {
    String text = Visible.of(picture.run().tokens().get(position));
    String made = picture.run().generated(position) ? " made" : "";
    if (picture.trace().covers(position)) {
      traced(page, position, text, made);
    } else {
      page.leaf("span", text, "class", "untraced" + made, "title", "no routing is known");
    }
    if (text.endsWith("⏎")) {
      page.empty("br");
    }
  }

  private void traced(Markup page, int position, String text, String made) {
    int token = picture.trace().index(position);
    int expert = routes.top(token).expert();
    String title = picture.tokenTitle(position) + "\n" + Titles.of(routes, token);
    page.open("span", "class", "t c" + expert % Palette.SIZE + made, "title", title)
        .text(text)
        .leaf("sub", Integer.toString(expert))
        .close();
  }

  private void legend(Markup page) {
    if (routes.experts() > MAX_LISTED) {
      return;
    }
    page.open("ul", "class", "legend");
    for (int expert = 0; expert < routes.experts(); expert++) {
      page.open("li")
          .leaf("span", Integer.toString(expert), "class", "swatch c" + expert % Palette.SIZE)
          .text("top of %d tokens".formatted(tokensOf(expert)))
          .close();
    }
    page.close();
  }

  private long tokensOf(int expert) {
    return IntStream.range(0, routes.tokens())
        .filter(token -> routes.top(token).expert() == expert)
        .count();
  }
}
