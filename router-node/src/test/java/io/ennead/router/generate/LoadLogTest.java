package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoadLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(LoadLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final GenerationMetrics metrics = new GenerationMetrics(new PrometheusRegistry(), "demo");
  private long now;
  private final LoadLog log = new LoadLog("demo", metrics, () -> now);

  @BeforeEach
  void listen() {
    lines.start();
    logger.setLevel(Level.INFO);
    logger.addAppender(lines);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(lines);
    logger.setLevel(null);
  }

  private void pass(long seconds) {
    now += Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void aLineEveryFiveSecondsSaysWhatWasDoneInThem() {
    metrics.prefilled(1000);
    log.state(0, 0, 0);
    metrics.prefilled(60);
    log.state(1, 0, 0);
    metrics.prefilled(40);
    for (int i = 0; i < 40; i++) {
      metrics.nextToken(Duration.ofMillis(100));
    }
    pass(4);
    log.state(1, 0, 0);
    assertThat(lines.list).isEmpty();
    pass(1);
    log.state(2, 3, 0.045);
    log.state(2, 3, 0.045);
    assertThat(lines.list)
        .singleElement()
        .extracting(ILoggingEvent::getFormattedMessage)
        .isEqualTo(
            "prompts 20.0 tokens/s, generated 8.0 tokens/s, running 2, waiting 3, KV cache 4.5 %");
    pass(5);
    log.state(1, 0, 0);
    assertThat(lines.list.get(1).getFormattedMessage()).startsWith("prompts 0.0 tokens/s");
  }

  @Test
  void thereIsNoneWithoutWorkAndThePauseDoesNotCount() {
    log.state(1, 0, 0);
    pass(2);
    log.state(0, 0, 0);
    pass(60);
    log.state(1, 0, 0);
    pass(4);
    log.state(1, 0, 0);
    assertThat(lines.list).isEmpty();
  }
}
