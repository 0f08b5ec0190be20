package io.ennead.cli.log;

import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.ennead.node.NodeLogs;

/**
 * Lines for people by the pattern of logback.xml, or one JSON object each: as the process says now
 * ({@link NodeLogs#FORMAT}), which it knows later than it has to log. Made by logback.
 */
public final class LineEncoder extends PatternLayoutEncoder {
  @Override
  public byte[] encode(ILoggingEvent event) {
    return System.getProperty(NodeLogs.FORMAT, "text").equals("json")
        ? JsonLine.of(event)
        : super.encode(event);
  }
}
