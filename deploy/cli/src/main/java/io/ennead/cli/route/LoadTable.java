package io.ennead.cli.route;

import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.List;
import java.util.stream.Collectors;

/** The figures behind the bars, for those who want to read or copy them. */
final class LoadTable {
  private static final int LISTED = 8;

  private LoadTable() {}

  static void write(Markup page, List<LayerLoad> loads) {
    page.open("details").leaf("summary", "The figures by layer");
    page.open("div", "class", "scroll").open("table").open("tr");
    List.of("layer", "tokens", "mean entropy", "of the largest", "top expert's weight")
        .forEach(name -> page.leaf("th", name));
    page.leaf("th", "busiest experts").close();
    loads.forEach(load -> row(page, load));
    page.close().close().close();
  }

  private static void row(Markup page, LayerLoad load) {
    page.open("tr")
        .leaf("td", Integer.toString(load.layer()))
        .leaf("td", Long.toString(load.tokens()))
        .leaf("td", Numbers.fraction(load.meanEntropy()) + " nats")
        .leaf("td", Numbers.percent(load.relativeEntropy()))
        .leaf("td", Numbers.percent(load.top1Share()))
        .leaf("td", busiest(load))
        .close();
  }

  private static String busiest(LayerLoad load) {
    return load.busiest().stream()
        .limit(LISTED)
        .map(expert -> expert + ": " + Numbers.percent(load.shares().get(expert)))
        .collect(Collectors.joining(", "));
  }
}
