package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import java.util.List;
import java.util.TreeSet;

/** Reads what a request wants to know about its routing. */
final class TraceReader {
  private TraceReader() {}

  static TraceOptions read(io.ennead.v1.TraceOptions options, ServedModel served) {
    TraceLevel level = level(options);
    TraceLevel most = served.policy().bounds().traceLevel();
    if (level.compareTo(most) > 0) {
      throw ServingException.invalidField(
          "trace.level",
          options.getLevel(),
          "at most TRACE_LEVEL_%s on this router".formatted(most));
    }
    List<Integer> layers =
        options.getLayersCount() == 0
            ? served.info().moeLayers()
            : Options.moeLayers(options.getLayersList(), served.info(), "trace.layers");
    return new TraceOptions(
        level,
        List.copyOf(new TreeSet<>(layers)),
        options.getOmitPrompt(),
        served.policy().bounds().traceBytes());
  }

  private static TraceLevel level(io.ennead.v1.TraceOptions options) {
    return switch (options.getLevel()) {
      case TRACE_LEVEL_UNSPECIFIED, TRACE_LEVEL_NONE -> TraceLevel.NONE;
      case TRACE_LEVEL_SUMMARY -> TraceLevel.SUMMARY;
      case TRACE_LEVEL_FULL -> TraceLevel.FULL;
      case UNRECOGNIZED ->
          throw ServingException.invalidField(
              "trace.level", options.getLevelValue(), "TRACE_LEVEL_NONE, _SUMMARY or _FULL");
    };
  }
}
