package io.ennead.node;

import java.net.URI;
import java.util.Optional;

/** How a node tells what it does, beside its metrics; the same settings on every node. */
public record TelemetryConfig(
    @Setting(
            help =
                "lines of the log: text, json (one object each), or auto: text on a terminal, else"
                    + " json",
            byDefault = "auto")
        LogFormat logFormat,
    @Setting(
            help =
                "where traces go, by OTLP over HTTP, as http://localhost:4318; empty: no tracing",
            byDefault = "")
        String otlpEndpoint,
    @Setting(
            help = "share of requests that are traced, of those whose caller has not decided",
            byDefault = "0.01")
        double traceRatio) {

  /** What nobody asked for otherwise. */
  public static final TelemetryConfig DEFAULT = new TelemetryConfig(LogFormat.AUTO, "", 0.01);

  /** How lines of the log look. */
  public enum LogFormat {
    /** As text where a person watches, else as JSON. */
    AUTO,
    /** For people. */
    TEXT,
    /** One object per line, for programs. */
    JSON
  }

  /** Checks ranges. */
  public TelemetryConfig {
    if (!(traceRatio >= 0 && traceRatio <= 1)) {
      throw new IllegalArgumentException(
          "trace-ratio: %s (expected: 0 to 1)".formatted(traceRatio));
    }
    if (!otlpEndpoint.isEmpty() && !otlpEndpoint.matches("https?://[^/\\s]+(/\\S*)?")) {
      throw new IllegalArgumentException(
          "otlp-endpoint: %s (expected: http://host:port)".formatted(otlpEndpoint));
    }
  }

  /** Where traces go; empty: nowhere. */
  Optional<URI> traces() {
    return otlpEndpoint.isEmpty()
        ? Optional.empty()
        : Optional.of(URI.create(otlpEndpoint.replaceAll("/+$", "") + "/v1/traces"));
  }
}
