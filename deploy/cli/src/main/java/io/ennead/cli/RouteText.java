package io.ennead.cli;

import static java.util.Comparator.comparing;

import io.ennead.cli.route.LayerRoutes;
import io.ennead.cli.route.Palette;
import io.ennead.cli.route.Run;
import io.ennead.cli.route.Token;
import io.ennead.cli.route.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A text for the terminal, each token on the colour of the expert that had the largest weight for
 * it at one layer. Where colours come again, or when asked for, the expert's number follows.
 */
final class RouteText {
  private static final int MAX_LISTED = 8;
  private static final String END = "\u001b[0m";
  private static final String UNDERLINE = "\u001b[4m";

  private final Run run;
  private final LayerRoutes routes;
  private final boolean colours;
  private final boolean marks;

  RouteText(Run run, int layer, boolean colours, boolean marks) {
    this.run = run;
    this.routes =
        run.trace().layers().stream().filter(of -> of.layer() == layer).findFirst().orElseThrow();
    this.colours = colours;
    this.marks = marks || colours && routes.experts() > Palette.SIZE;
  }

  void print(PrintWriter out) {
    out.println(
        IntStream.range(0, run.tokens().size())
            .mapToObj(this::token)
            .collect(Collectors.joining()));
    if (colours || marks) {
      out.println();
      out.println(legend());
    }
  }

  private String token(int position) {
    String text = Visible.of(run.tokens().get(position));
    boolean endsLine = text.endsWith("⏎");
    String end = endsLine ? "\n" : "";
    if (!run.trace().covers(position)) {
      return underlined(position) + text + reset(position) + end;
    }
    int expert = routes.top(run.trace().index(position)).expert();
    return (colours ? Palette.terminal(expert) : "")
        + underlined(position)
        + text
        + (marks ? mark(expert) : "")
        + (colours ? END : "")
        + end;
  }

  private String underlined(int position) {
    return colours && run.generated(position) ? UNDERLINE : "";
  }

  private String reset(int position) {
    return colours && run.generated(position) ? END : "";
  }

  private String mark(int expert) {
    return colours ? subscript(expert) : "[e%d]".formatted(expert);
  }

  private static String subscript(int number) {
    return Integer.toString(number)
        .chars()
        .mapToObj(digit -> Character.toString('₀' + digit - '0'))
        .collect(Collectors.joining());
  }

  /** Of how many tokens each expert is the top one; of many experts the first few. */
  private String legend() {
    int[] tops = new int[routes.experts()];
    IntStream.range(0, run.trace().tokens()).forEach(token -> tops[routes.top(token).expert()]++);
    List<Integer> order =
        IntStream.range(0, tops.length)
            .filter(expert -> tops[expert] > 0)
            .boxed()
            .sorted(comparing((Integer expert) -> -tops[expert]))
            .toList();
    StringJoiner legend = new StringJoiner("  ");
    legend.add("layer %d, tokens by top expert:".formatted(routes.layer()));
    order.stream().limit(MAX_LISTED).forEach(expert -> legend.add(entry(expert, tops[expert])));
    int others = order.stream().skip(MAX_LISTED).mapToInt(expert -> tops[expert]).sum();
    if (others > 0) {
      legend.add("others " + others);
    }
    return legend + signs();
  }

  private String signs() {
    StringJoiner signs = new StringJoiner("; ", "\n", "").setEmptyValue("");
    if (colours) {
      signs.add("underlined: generated");
    }
    if (run.tokens().stream().anyMatch(Token::part)) {
      signs.add("▸: part of the next character");
    }
    return signs.toString();
  }

  private String entry(int expert, int tokens) {
    String name = "e" + expert;
    return (colours ? Palette.terminal(expert) + " " + name + " " + END : name) + " " + tokens;
  }
}
