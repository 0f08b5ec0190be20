package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ShutdownTest {
  /** A process that says what happens to it, in order. */
  public static final class Main {
    public static void main(String[] args) throws InterruptedException {
      Readiness readiness = new Readiness();
      readiness.onChange(() -> System.out.println("draining " + readiness.draining()));
      Shutdown shutdown =
          Shutdown.onSignal(readiness, Duration.ofMillis(50), () -> System.out.println("closed"));
      if (args[0].equals("fail")) {
        shutdown.cancel();
        System.exit(3);
      }
      System.out.println("running");
      Thread.sleep(Duration.ofMinutes(1).toMillis());
    }
  }

  private static Process start(String how) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java, "-cp", System.getProperty("java.class.path"), Main.class.getName(), how)
        .start();
  }

  @Test
  void aProcessThatIsToldToEndDrainsClosesAndEndsWithZero() throws Exception {
    Process process = start("run");
    try (BufferedReader out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("running");
      process.toHandle().destroy(); // the process itself would close its output
      assertThat(out.lines().filter(line -> !line.contains("told to end")))
          .containsExactly("draining true", "closed");
    }
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void aProcessThatEndsByItselfKeepsItsStatus() throws Exception {
    Process process = start("fail");
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(3);
  }
}
