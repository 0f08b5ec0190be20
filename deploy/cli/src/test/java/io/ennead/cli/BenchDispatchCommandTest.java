package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class BenchDispatchCommandTest {
  private static final String SHORT =
      "bench dispatch --hidden 8 --rows 1,3 --rounds 1 --turn 1ms --warm-up 1ms ";

  private static CliRun run(String flags) {
    return CliRun.of(flags.split(" "));
  }

  @Test
  void theTableHasALineForEveryCallAndTransport() {
    CliRun run = run(SHORT + "--nodes 1,2");
    assertThat(run.code()).as(run.err()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(1 + 2 * 2 * 5);
    assertThat(lines.get(0).split(" {2,}"))
        .containsExactly("nodes", "rows", "transport", "median-us", "p99-us", "ennead / it");
    assertThat(lines.get(1)).matches("1 +1 +ennead +\\d+ +\\d+ *");
    assertThat(lines.get(20)).matches("2 +3 +tcp +\\d+ +\\d+ +[\\d.]+ \\([\\d.]+ to [\\d.]+\\)");
  }

  @Test
  void jsonSaysWhatWasMeasured() throws IOException {
    CliRun run = run(SHORT + "--nodes 2 --dtype f32 --divide --output json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(report.path("hidden").asInt()).isEqualTo(8);
    assertThat(report.path("dtype").asText()).isEqualTo("f32");
    assertThat(report.path("results")).hasSize(2 * 5);
    JsonNode echo = report.path("results").path(6);
    assertThat(echo.path("transport").asText()).isEqualTo("grpc");
    assertThat(echo.path("rows").asInt()).isEqualTo(3);
    assertThat(echo.path("nodes").asInt()).isEqualTo(2);
    assertThat(echo.path("nodesPerRow").asInt()).isEqualTo(1);
    assertThat(echo.path("calls").asInt()).isPositive();
    assertThat(echo.path("medianMicros").asDouble()).isPositive();
    assertThat(echo.path("enneadTimesThis").path("median").asDouble()).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nodes 0|'--nodes'.*0 \\(expected: at least 1\\)",
        "--nodes 1,257|--nodes: 257 \\(expected: 1 to 256\\)",
        "--rows 2,x|'--rows'.*x \\(expected: at least 1\\)",
        "--rows 8185|--rows: 8185 \\(expected: 1 to 8184\\)",
        "--hidden -1|'--hidden'.*-1 \\(expected: at least 1\\)",
        "--dtype f16|'--dtype'.*f16 \\(expected: f32, bf16, int8\\)",
        "--turn 3|'--turn'.*3 \\(expected: a duration",
        "--output pdf|'--output'.*pdf"
      })
  void whatCannotBeMeasuredIsRefused(String flags, String message) {
    CliRun run = run("bench dispatch " + flags);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).containsPattern(message);
  }
}
