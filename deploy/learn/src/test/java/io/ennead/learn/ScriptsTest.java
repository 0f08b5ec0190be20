package io.ennead.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The experiments' scripts, with a command that only looks like Ennead's. */
@Timeout(60)
class ScriptsTest {
  /** Serves until it is ended, or not at all; its student is as good as it says. */
  private static final String COMMAND =
      """
      #!/usr/bin/env bash
      case $1 in
        local)
          echo "$$" >> "$OUT/servers"
          [ -z "${TAKEN:-}" ] || { echo "error: a port is in use"; exit 1; }
          echo "Serving; Ctrl-C stops."
          exec sleep 600
          ;;
        distill) echo '{"perplexity" : 2.5, "divergence" : 0.5}' > "$2/result.json" ;;
        score) echo "perplexity 2.5" ;;
      esac
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"2, 12.706", "10, 2.262", "11, 2.228", "21, 2.086", "31, 2.042", "121, 1.980"})
  void intervalsAreStudentsForAnyNumberOfSeeds(int count, double quantile) throws Exception {
    List<String> numbers = IntStream.rangeClosed(1, count).mapToObj(Integer::toString).toList();
    Path input = Files.write(directory.resolve("numbers"), numbers);
    Script script = run("bash", "-c", ". ./lib.sh && mean_and_half < " + input);
    String[] found = script.output().strip().split(" ");
    assertThat(found[0]).isEqualTo(Integer.toString(count));
    assertThat(Double.parseDouble(found[1])).isEqualTo((count + 1) / 2.0);
    double half = quantile * Math.sqrt((count + 1) / 12.0); // the variance of 1 to n is n(n + 1)/12
    assertThat(Double.parseDouble(found[2])).isCloseTo(half, within(0.001 * half));
  }

  @Test
  void oneNumberHasNoInterval() throws Exception {
    assertThat(run("bash", "-c", ". ./lib.sh && echo 3 | mean_and_half").output())
        .isEqualTo("1 3.000000000 0.000000000\n");
  }

  @Test
  void noServerOutlivesTheExperiment() throws Exception {
    Script script = run("./distill.sh");
    assertThat(script.code()).as(script.output()).isZero();
    assertThat(script.output())
        .contains("| T1 | 2.500 | 0.500 | 0.000 | 0.000 |", "T1-0 served: perplexity 2.5000");
    assertThat(directory.resolve("report.md")).hasContent(script.output());
    List<String> servers = Files.readAllLines(directory.resolve("servers"));
    assertThat(servers).hasSize(2).noneMatch(ScriptsTest::runs);
  }

  private static boolean runs(String pid) {
    return ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive).orElse(false);
  }

  @Test
  void anotherServerAtThePortIsNotTheTeacher() throws Exception {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext("/readyz", exchange -> exchange.sendResponseHeaders(200, -1));
    other.start();
    try {
      int port = other.getAddress().getPort() - 1;
      Script script = run(Map.of("BASE_PORT", "" + port, "TAKEN", "yes"), "./distill.sh");
      assertThat(script.code()).isEqualTo(1);
      assertThat(script.output())
          .contains("the server at port %d ended: error: a port is in use".formatted(port));
    } finally {
      other.stop(0);
    }
  }

  /** One run of a script. */
  private record Script(int code, String output) {}

  private Script run(String... command) throws IOException, InterruptedException {
    return run(Map.of(), command);
  }

  private Script run(Map<String, String> settings, String... command)
      throws IOException, InterruptedException {
    Path ennead = Files.writeString(directory.resolve("ennead"), COMMAND);
    assertThat(ennead.toFile().setExecutable(true)).isTrue();
    Path output = directory.resolve("output");
    ProcessBuilder script = new ProcessBuilder(command).redirectErrorStream(true);
    script.redirectOutput(output.toFile());
    script.environment().putAll(Map.of("ENNEAD", ennead.toString(), "OUT", directory.toString()));
    script.environment().putAll(Map.of("CORPUS", "-", "SEEDS", "0", "TEMPERATURES", "1"));
    script.environment().putAll(settings);
    int code = script.start().waitFor();
    return new Script(code, Files.readString(output));
  }
}
