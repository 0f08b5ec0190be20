package io.ennead.router.feedback;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SqliteFeedbackStoreTest extends FeedbackStoreContract {
  @TempDir private Path directory;

  @Override
  FeedbackStore open() throws SQLException {
    return FeedbackStore.open(directory.resolve("feedback.db").toString());
  }

  /** A process that writes until it is killed, and tells what it has written. */
  static final class Writing {
    public static void main(String[] args) throws SQLException {
      try (FeedbackStore store = FeedbackStore.open(args[0])) {
        for (int i = 0; ; i++) {
          store.insert(Samples.row("r" + i, i));
          System.out.println("r" + i);
        }
      }
    }
  }

  @Test
  @Timeout(120)
  void nothingThatWasAcknowledgedIsLostByAKill()
      throws IOException, InterruptedException, SQLException {
    String file = directory.resolve("killed.db").toString();
    Set<String> acknowledged = new HashSet<>();
    for (int round = 0; round < 2; round++) {
      acknowledged.addAll(writeAndKill(file, 40 + 60 * round));
    }
    Set<String> found = new HashSet<>();
    try (FeedbackStore store = FeedbackStore.open(file)) {
      store.forEach(row -> found.add(row.key().responseId()));
    }
    assertThat(found).containsAll(acknowledged);
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(100);
  }

  private static Set<String> writeAndKill(String file, int rows)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Writing.class.getName(),
                file)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Set<String> acknowledged = new HashSet<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.matches("r\\d+")) { // the last one may have been cut
          acknowledged.add(line);
        }
        if (acknowledged.size() == rows) {
          // SIGKILL, while the next row is written; unlike Process, the handle leaves the pipe open
          process.toHandle().destroyForcibly();
        }
      }
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
    return acknowledged;
  }
}
