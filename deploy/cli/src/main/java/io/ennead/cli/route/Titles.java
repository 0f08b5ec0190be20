package io.ennead.cli.route;

import io.ennead.cli.html.Numbers;
import java.util.StringJoiner;

/** What the pointer shows at one token and layer. */
final class Titles {
  private Titles() {}

  static String of(LayerRoutes routes, int token) {
    StringJoiner lines = new StringJoiner("\n");
    lines.add("expert weight share p node");
    routes.chosen(token).forEach(choice -> lines.add(line(choice)));
    return lines
        .add("entropy %s nats".formatted(Numbers.fraction(routes.entropy(token))))
        .toString();
  }

  private static String line(Choice choice) {
    return "%d: %s %s %s %s%s"
        .formatted(
            choice.expert(),
            Numbers.fraction(choice.weight()),
            Numbers.fraction(choice.share()),
            Numbers.fraction(choice.probability()),
            choice.weight() == 0 ? "(not run)" : choice.node(),
            choice.retried() ? " (retried)" : "");
  }
}
