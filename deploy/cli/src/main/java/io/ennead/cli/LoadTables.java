package io.ennead.cli;

import io.ennead.cli.html.Numbers;
import io.ennead.cli.route.LayerLoad;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The load of each expert by layer; of many experts the busiest ones and the rest. */
final class LoadTables {
  private static final int MAX_COLUMNS = 16;
  private static final int BUSIEST = 8;

  private LoadTables() {}

  static void print(List<LayerLoad> loads, PrintWriter out) {
    int experts = loads.stream().mapToInt(LayerLoad::experts).max().orElse(0);
    boolean all = experts <= MAX_COLUMNS;
    Table table = new Table().row(head(all, experts));
    loads.forEach(load -> table.row(row(load, all)));
    table.print(out);
    out.printf(
        "entropy of the gate in nats, and of ln %d; top-1: weight of a token's top expert;%n"
            + "%s in %% of the layer's runs%n",
        experts, all ? "experts" : "the busiest " + BUSIEST + " experts");
  }

  private static Object[] head(boolean all, int experts) {
    List<Object> cells = new ArrayList<>(List.of("layer", "entropy", "of max", "top-1"));
    if (all) {
      IntStream.range(0, experts).forEach(expert -> cells.add("e" + expert));
    } else {
      IntStream.rangeClosed(1, BUSIEST).forEach(place -> cells.add("#" + place));
      cells.add("others");
    }
    return cells.toArray();
  }

  private static Object[] row(LayerLoad load, boolean all) {
    List<Object> cells =
        new ArrayList<>(
            List.of(
                load.layer(),
                Numbers.fraction(load.meanEntropy()),
                Numbers.percent(load.relativeEntropy()),
                Numbers.percent(load.top1Share())));
    List<Double> shares = load.shares();
    if (all) {
      shares.forEach(share -> cells.add(number(share)));
    } else {
      busiest(load, shares, cells);
    }
    return cells.toArray();
  }

  private static void busiest(LayerLoad load, List<Double> shares, List<Object> cells) {
    List<Integer> order = load.busiest();
    int named = Math.min(BUSIEST, order.size());
    order
        .subList(0, named)
        .forEach(id -> cells.add("e%d:%s".formatted(id, number(shares.get(id)))));
    double others = order.subList(named, order.size()).stream().mapToDouble(shares::get).sum();
    cells.add(number(others));
  }

  private static String number(double share) {
    return Numbers.fixed(100 * share, 1);
  }
}
