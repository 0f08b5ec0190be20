package io.ennead.cli.kernels;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.engine.EngineOptions;
import java.util.List;

/** Results for programs, in seconds, bytes and multiplications with an addition (mac). */
public final class ExpertsJson {
  private ExpertsJson() {}

  /** The text. */
  public static String of(LayerShape shape, EngineOptions options, List<LayerTime> times) {
    ObjectNode report = new ObjectMapper().createObjectNode();
    report.put("hidden", shape.hidden()).put("width", shape.width());
    report.put("experts", shape.experts()).put("expertsPerRow", shape.expertsPerRow());
    report.put("dtype", options.type().label()).put("device", options.device());
    report.put("threads", options.threads()).put("fixedTiles", options.fixedTiles());
    ArrayNode list = report.putArray("results");
    times.forEach(time -> add(list.addObject(), time));
    return report.toPrettyString();
  }

  private static void add(ObjectNode node, LayerTime time) {
    node.put("rows", time.rows()).put("phase", time.phase());
    node.put("seconds", time.seconds());
    node.put("macs", time.macs()).put("macsPerSecond", time.macsPerSecond());
    node.put("weightBytes", time.weightBytes()).put("bytesPerSecond", time.bytesPerSecond());
    node.put("limitMacsPerSecond", time.limits().macsPerSecond());
    node.put("limitBytesPerSecond", time.limits().bytesPerSecond());
    node.put("ofMacs", time.ofMacs()).put("ofBandwidth", time.ofBandwidth());
    node.put("ofLimit", time.ofLimit());
  }
}
