package io.ennead.cli.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What every page begins with. */
public final class Head {
  /** Whatever a text might bring in, nothing is loaded or run. */
  private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

  private Head() {}

  /** Opens a document and its body. */
  public static Markup open(String title, String moreStyles) {
    return new Markup()
        .raw("<!DOCTYPE html>\n")
        .open("html", "lang", "en")
        .open("head")
        .empty("meta", "charset", "utf-8")
        .empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
        .empty("meta", "http-equiv", "Content-Security-Policy", "content", POLICY)
        .leaf("title", title)
        .open("style")
        .raw(styles() + moreStyles)
        .close()
        .close()
        .open("body")
        .open("main");
  }

  /** Closes them; the whole document. */
  public static String close(Markup page) {
    return page.close().close().close().document() + "\n";
  }

  private static String styles() {
    try (InputStream css =
        Objects.requireNonNull(Head.class.getResourceAsStream("page.css"), "page.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
