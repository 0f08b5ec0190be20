package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.cli.kernels.LayerTime;
import io.ennead.cli.kernels.LayerTime.Limits;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class BenchExpertsCommandTest {
  private static final String SHORT =
      "bench experts --repetitions 2 --read 1MiB --square 64 --rows 1,130 ";

  private static CliRun run(String flags) {
    return CliRun.of(flags.split(" "));
  }

  @Test
  void aShapeIsMeasuredWithRandomWeights() throws IOException {
    CliRun run =
        run(SHORT + "--hidden 32 --width 64 --experts 4 --dtype bf16 --free-tiles --output json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(report.path("hidden").asInt()).isEqualTo(32);
    assertThat(report.path("width").asInt()).isEqualTo(64);
    assertThat(report.path("expertsPerRow").asInt()).isEqualTo(2);
    assertThat(report.path("fixedTiles").asBoolean()).isFalse();
    JsonNode few = report.path("results").path(0);
    assertThat(few.path("phase").asText()).isEqualTo("decode");
    assertThat(few.path("weightBytes").asDouble()).isEqualTo(2 * 3 * 32 * 64 * 2);
    assertThat(few.path("ofLimit").asDouble()).isPositive();
    JsonNode many = report.path("results").path(1);
    assertThat(many.path("phase").asText()).isEqualTo("prefill");
    assertThat(many.path("macs").asDouble()).isEqualTo(130. * 2 * 3 * 32 * 64);
    assertThat(many.path("seconds").asDouble()).isPositive();
  }

  @Test
  void aModelsLayersAreMeasured() {
    CliRun run = run(SHORT + "--model ../../deploy/models/demo");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out().lines()).hasSize(3);
  }

  @Test
  void theTableShowsEachRateBesideItsLimit() {
    StringWriter text = new StringWriter();
    LayerTime time = new LayerTime(16, "decode", 0.5, 2e9, 3e9, new Limits(10e9, 40e9));
    BenchExpertsCommand.table(List.of(time)).print(new PrintWriter(text));
    List<String> lines = text.toString().lines().toList();
    assertThat(lines.get(0)).contains("GMAC/s  at most  part", "GB/s  at most  part   of limit");
    assertThat(lines.get(1).split(" +"))
        .containsExactly(
            "16", "decode", "500.000", "4.0", "40.0", "10.0%", "6.0", "10.0", "60.0%", "60.0%");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rows 0|'--rows'.*0 \\(expected: at least 1\\)",
        "--threads x|'--threads'.*x \\(expected: at least 1\\)",
        "--dtype fp4|'--dtype'.*fp4 \\(expected: f32, bf16, int8\\)",
        "--top-k 9|--top-k: 9 \\(expected: 0 to 8\\)",
        "--device gpu|--device: gpu \\(expected: cpu or cuda:N\\)",
        "--read much|'--read'.*much \\(expected: bytes, such as"
      })
  void whatCannotBeMeasuredIsRefused(String flags, String message) {
    CliRun run = run("bench experts " + flags);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).containsPattern(message);
  }
}
