package io.ennead.cli;

import io.ennead.cli.html.Numbers;
import io.ennead.cli.route.Choice;
import io.ennead.cli.route.LayerRoutes;
import io.ennead.cli.route.Run;
import java.io.PrintWriter;
import java.util.List;

/** Everything about one token: at each layer the experts that were chosen for it. */
final class TokenTable {
  private TokenTable() {}

  static void print(Run run, int position, PrintWriter out) {
    out.printf("token %d %s%n", position, Quoted.of(run.tokens().get(position).text()));
    Table table =
        new Table()
            .row("layer", "entropy", "expert", "weight", "share", "probability", "node", "retried");
    int token = run.trace().index(position);
    run.trace().layers().forEach(routes -> add(table, routes, token));
    table.print(out);
  }

  private static void add(Table table, LayerRoutes routes, int token) {
    List<Choice> chosen = routes.chosen(token);
    for (int i = 0; i < chosen.size(); i++) {
      Choice choice = chosen.get(i);
      table.row(
          i == 0 ? routes.layer() : "",
          i == 0 ? Numbers.fraction(routes.entropy(token)) : "",
          "e" + choice.expert(),
          Numbers.fraction(choice.weight()),
          Numbers.fraction(choice.share()),
          Numbers.fraction(choice.probability()),
          choice.node().isEmpty() ? "not run" : choice.node(),
          choice.retried() ? "yes" : "no");
    }
  }
}
