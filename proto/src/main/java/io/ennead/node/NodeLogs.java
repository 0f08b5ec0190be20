package io.ennead.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.node.TelemetryConfig.LogFormat;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import org.slf4j.Logger;
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

  /** Where a process that is a node shows its progress: to a person, or as lines of its log. */
  public static Progress progress(Logger logger) {
    return System.getProperty(FORMAT, "text").equals("json")
        ? Progress.on(new PrintStream(new LoggedLines(logger), true, UTF_8), false)
        : Progress.on(System.err, Boolean.getBoolean(ERROR_IS_TERMINAL));
  }

  /** Writes each line that is printed to a log. Used by one print stream, which locks. */
  private static final class LoggedLines extends OutputStream {
    private final Logger logger;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    LoggedLines(Logger logger) {
      this.logger = logger;
    }

    @Override
    public void write(int b) {
      if (b == '\n') {
        logger.info("{}", line.toString(UTF_8).stripTrailing());
        line.reset();
      } else {
        line.write(b);
      }
    }
  }

  private static boolean json(LogFormat format) {
    return switch (format) {
      case JSON -> true;
      case TEXT -> false;
      case AUTO -> !Boolean.getBoolean(ERROR_IS_TERMINAL);
    };
  }
}
