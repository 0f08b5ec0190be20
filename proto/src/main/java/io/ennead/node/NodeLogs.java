package io.ennead.node;

import io.ennead.node.TelemetryConfig.LogFormat;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The log of a process that is a node. How lines look is a property of the process, since a logger
 * writes before there is a configuration: {@value #FORMAT} is {@code json} or {@code text}.
 */
public final class NodeLogs {
  /** Read by whatever writes the lines. */
  public static final String FORMAT = "ennead.log.format";

  /** Set by the launcher: Java can tell of the standard input and output only. */
  private static final String ERROR_IS_TERMINAL = "ennead.error.terminal";

  private NodeLogs() {}

  /** Writes this process's lines as configured, gRPC's among them. */
  public static void begin(TelemetryConfig config) {
    System.setProperty(FORMAT, json(config.logFormat()) ? "json" : "text");
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  private static boolean json(LogFormat format) {
    return switch (format) {
      case JSON -> true;
      case TEXT -> false;
      case AUTO -> !Boolean.getBoolean(ERROR_IS_TERMINAL);
    };
  }
}
