package io.ennead.cli.monitoring;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Prometheus' programs, where the machine has them; a test that needs one is skipped elsewhere. */
final class Tools {
  private static final long SECONDS = 60;

  private Tools() {}

  /** Skips the test, saying why, when a program is not there. */
  static void require(String program) {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    Assumptions.assumeTrue(there, program + " is not installed (Debian: prometheus)");
  }

  /** What a program printed and how it ended. */
  record Result(int code, String output) {}

  /** Runs a program to its end, in a directory, with a file as its input. */
  static Result run(Path directory, Path input, List<String> command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("tool", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectInput(input.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("%s: still runs after %d s".formatted(command, SECONDS));
      }
      return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.delete(output);
    }
  }
}
