package io.ennead.cli.transport;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Results for programs: one object per kind of call and transport, times in microseconds. */
public final class DispatchJson {
  private DispatchJson() {}

  /**
   * The text.
   *
   * @param all results of each kind of call, ours first
   */
  public static String of(int hidden, String dtype, List<List<RoundTrips>> all) {
    ObjectNode report = new ObjectMapper().createObjectNode();
    report.put("hidden", hidden).put("dtype", dtype);
    report.put("processors", Runtime.getRuntime().availableProcessors());
    ArrayNode list = report.putArray("results");
    for (List<RoundTrips> call : all) {
      call.forEach(one -> add(list.addObject(), one, call.get(0)));
    }
    return report.toPrettyString();
  }

  private static void add(ObjectNode node, RoundTrips one, RoundTrips ours) {
    Ratio ratio = ours.to(one);
    node.put("transport", one.transport());
    node.put("rows", one.call().rows()).put("nodes", one.call().nodes());
    node.put("nodesPerRow", one.call().expertsPerRow()).put("calls", one.nanos().getTotalCount());
    node.put("medianMicros", one.micros(50)).put("p99Micros", one.micros(99));
    node.putObject("enneadTimesThis")
        .put("median", ratio.median())
        .put("least", ratio.least())
        .put("most", ratio.most());
  }
}
