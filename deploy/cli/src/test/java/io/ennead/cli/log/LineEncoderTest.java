package io.ennead.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.node.NodeLogs;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** The configuration that the distribution has, into memory. */
class LineEncoderTest {
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private LoggerContext context;

  @BeforeEach
  void configure() throws Exception {
    context = new LoggerContext();
    context.setMDCAdapter(MDC.getMDCAdapter());
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
    var appender = (OutputStreamAppender<?>) context.getLogger("ROOT").getAppender("stderr");
    appender.setOutputStream(lines);
  }

  @AfterEach
  void stop() {
    System.clearProperty(NodeLogs.FORMAT);
    MDC.clear();
    context.stop();
  }

  private String text() {
    return lines.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aPersonReadsTextAndTheRequestsId() {
    context.getLogger("io.ennead.Node").info("ready on port {}", 1);
    MDC.put("request_id", "r-1");
    context.getLogger("io.ennead.Node").warn("slow");
    assertThat(text().lines())
        .satisfiesExactly(
            line -> assertThat(line).matches("[0-9:.]{12} INFO  Node: ready on port 1"),
            line -> assertThat(line).matches("[0-9:.]{12} WARN  Node: slow \\[r-1]"));
  }

  @Test
  void aProgramReadsOneObjectPerLine() throws Exception {
    System.setProperty(NodeLogs.FORMAT, "json");
    MDC.put("request_id", "r-1");
    context
        .getLogger("io.ennead.Node")
        .atError()
        .addKeyValue("model", "demo")
        .addKeyValue("running", 3)
        .setCause(new IllegalStateException("no \"luck\""))
        .log("two\nlines");
    assertThat(text().lines()).hasSize(1);
    JsonNode line = new ObjectMapper().readTree(text());
    assertThat(line.path("ts").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(line.path("level").asText()).isEqualTo("ERROR");
    assertThat(line.path("logger").asText()).isEqualTo("io.ennead.Node");
    assertThat(line.path("msg").asText()).isEqualTo("two\nlines");
    assertThat(line.path("request_id").asText()).isEqualTo("r-1");
    assertThat(line.path("model").asText()).isEqualTo("demo");
    assertThat(line.path("running").asInt()).isEqualTo(3);
    assertThat(line.path("error").asText()).contains("IllegalStateException: no \"luck\"");
  }

  @Test
  void theFormatMayChangeWhileTheProcessRuns() {
    context.getLogger("io.ennead.Node").info("early");
    System.setProperty(NodeLogs.FORMAT, "json");
    context.getLogger("io.ennead.Node").info("configured");
    assertThat(text().lines())
        .satisfiesExactly(
            line -> assertThat(line).endsWith("INFO  Node: early"),
            line -> assertThat(line).startsWith("{\"ts\":").endsWith("}"));
  }
}
