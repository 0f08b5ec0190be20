package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

class NodeLogsTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger("node-logs-test");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @AfterEach
  void restore() {
    System.clearProperty(NodeLogs.FORMAT);
    SLF4JBridgeHandler.uninstall();
  }

  private static TelemetryConfig config(TelemetryConfig.LogFormat format) {
    return new TelemetryConfig(format, "", 0);
  }

  @Test
  void whereNoTerminalIsTheLogIsJson() {
    NodeLogs.begin(config(TelemetryConfig.LogFormat.AUTO));
    assertThat(System.getProperty(NodeLogs.FORMAT)).isEqualTo("json");
    NodeLogs.begin(config(TelemetryConfig.LogFormat.TEXT));
    assertThat(System.getProperty(NodeLogs.FORMAT)).isEqualTo("text");
  }

  @Test
  void progressIsPartOfALogForPrograms() {
    lines.start();
    logger.addAppender(lines);
    logger.setLevel(ch.qos.logback.classic.Level.INFO);
    NodeLogs.begin(config(TelemetryConfig.LogFormat.JSON));
    try (Progress progress = NodeLogs.progress(logger)) {
      progress.stage("loading weights", 0);
      progress.finish();
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("loading weights ..."),
            line -> assertThat(line).startsWith("loading weights done in "));
  }

  @Test
  void whatGrpcLogsThroughTheJdkArrivesToo() {
    lines.start();
    Logger grpc = (Logger) LoggerFactory.getLogger("io.grpc.test");
    grpc.addAppender(lines);
    NodeLogs.begin(config(TelemetryConfig.LogFormat.JSON));
    java.util.logging.Logger.getLogger("io.grpc.test").warning("from the JDK");
    grpc.detachAppender(lines);
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("from the JDK");
  }
}
