package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final AtomicLong clock = new AtomicLong();
  private final ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    ticker.shutdownNow();
  }

  private Progress progress(boolean terminal) {
    return new Progress(out, terminal, clock::get, ticker);
  }

  private String output() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void elsewhereEachStageIsALine() {
    Progress progress = progress(false);
    progress.stage("weights", 200);
    progress.advance(100);
    clock.addAndGet(Duration.ofMillis(1500).toNanos());
    progress.stage("warm-up", 0);
    progress.finish();
    progress.close();
    assertThat(output().lines())
        .containsExactly(
            "weights 0 % ...", "weights done in 1.5 s", "warm-up ...", "warm-up done in 0.0 s");
  }

  @Test
  void aStageThatFailedIsNotDone() {
    Progress progress = progress(false);
    progress.stage("weights", 200);
    progress.close();
    assertThat(output().lines()).containsExactly("weights 0 % ...");
    assertThat(progress.text()).isEmpty();
  }

  @Test
  void onATerminalTheLineOfAStageThatFailedEnds() {
    Progress progress = progress(true);
    progress.stage("warm-up", 0);
    progress.close();
    assertThat(output()).isEqualTo("\rwarm-up" + System.lineSeparator());
  }

  @Test
  void elsewhereSilenceEndsAfterTenSeconds() {
    Progress progress = progress(false);
    progress.stage("weights", 200);
    progress.advance(100);
    clock.addAndGet(Duration.ofMillis(9999).toNanos());
    progress.tick();
    assertThat(output().lines()).hasSize(1);
    clock.addAndGet(Duration.ofMillis(1).toNanos());
    progress.tick();
    progress.tick();
    assertThat(output().lines()).containsExactly("weights 0 % ...", "weights 50 % ...");
  }

  @Test
  void onATerminalTheBarIsRedrawnWhenThePercentageChanges() {
    Progress progress = progress(true);
    progress.stage("weights", 1000);
    progress.advance(1);
    progress.advance(499);
    assertThat(output())
        .isEqualTo(
            "\r[..............................] weights 0 %"
                + "\r[###############...............] weights 50 %");
  }

  @Test
  void theTextSaysHowFarTheStageIs() {
    Progress progress = progress(false);
    assertThat(progress.text()).isEmpty();
    progress.stage("weights", 3);
    progress.advance(2);
    assertThat(progress.text()).isEqualTo("weights 66 %");
    progress.stage("warm-up", 0);
    assertThat(progress.text()).isEqualTo("warm-up");
  }
}
