package io.ennead.cli.html;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Writes elements, so that what comes out is well-formed XML and HTML at once: every text and value
 * is escaped, and elements close in the order in which they were opened.
 */
public final class Markup {
  /** After these, white space is not shown. */
  private static final Set<String> BLOCKS =
      Set.of("head", "body", "header", "main", "section", "figure", "figcaption", "div", "svg");

  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Begins an element; attributes are names and values by turns. */
  public Markup open(String name, Object... attributes) {
    start(name, attributes);
    out.append('>');
    open.push(name);
    return this;
  }

  /** Ends the element that was opened last. */
  public Markup close() {
    String name = open.pop();
    out.append("</").append(name).append('>');
    if (BLOCKS.contains(name)) {
      out.append('\n');
    }
    return this;
  }

  /** An element that holds nothing. */
  public Markup empty(String name, Object... attributes) {
    start(name, attributes);
    out.append("/>");
    return this;
  }

  /** An element that holds only text. */
  public Markup leaf(String name, String text, Object... attributes) {
    return open(name, attributes).text(text).close();
  }

  /** Text, escaped. */
  public Markup text(String text) {
    escape(text);
    return this;
  }

  /** What is well-formed already: the program's own style sheet. */
  public Markup raw(String text) {
    out.append(text);
    return this;
  }

  /** What was written; every element must be closed. */
  public String document() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not closed: " + open);
    }
    return out.toString();
  }

  private void start(String name, Object... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(value(attributes[i + 1]));
      out.append('"');
    }
  }

  private static String value(Object value) {
    return value instanceof Double number ? Numbers.coordinate(number) : value.toString();
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\n' -> out.append("&#10;");
        default -> out.append(c);
      }
    }
  }
}
