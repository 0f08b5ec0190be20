package io.ennead.node;

/** How a node tells what it does, beside its metrics; the same settings on every node. */
public record TelemetryConfig(
    @Setting(
            help =
                "lines of the log: text, json (one object each), or auto: text on a terminal, else"
                    + " json",
            byDefault = "auto")
        LogFormat logFormat) {

  /** What nobody asked for otherwise. */
  public static final TelemetryConfig DEFAULT = new TelemetryConfig(LogFormat.AUTO);

  /** How lines of the log look. */
  public enum LogFormat {
    /** As text where a person watches, else as JSON. */
    AUTO,
    /** For people. */
    TEXT,
    /** One object per line, for programs. */
    JSON
  }
}
