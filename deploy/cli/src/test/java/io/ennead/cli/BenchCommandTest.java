package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BenchCommandTest {
  private static final String SHORT =
      "--streams 1 --tokens 1 --prompts 1 --prompt-tokens 4 --runs 1";

  private FakeRouter router;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    router.close();
  }

  private CliRun bench(String flags) {
    CliRun run = CliRun.of(("bench " + flags + " --addr " + router.address()).split(" "));
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  private List<GenerateRequest> sent() {
    List<GenerateRequest> sent = List.copyOf(router.requests);
    router.requests.clear();
    return sent;
  }

  @Test
  void everyRunSendsPromptsOfItsOwn() {
    bench(SHORT);
    List<GenerateRequest> first = sent();
    bench(SHORT);
    assertThat(sent()).isNotEqualTo(first);
  }

  @Test
  void theSeedThatIsPrintedGivesTheSamePrompts() {
    String seed = bench(SHORT).out().lines().findFirst().orElseThrow();
    List<GenerateRequest> first = sent();
    assertThat(seed).matches("seed \\d+");
    bench(SHORT + " --" + seed);
    assertThat(sent()).isEqualTo(first);
  }

  @Test
  void layerSendsRowsOfTheModelsWidth() throws IOException {
    CliRun run = bench("layer --layer 2 --rows 1,3 --phase prefill --time 1ms --output json");
    MoeServiceForwardRequest last = router.layers.get(router.layers.size() - 1);
    assertThat(last.getLayer()).isEqualTo(2);
    assertThat(last.getPhase()).isEqualTo(Phase.PHASE_PREFILL);
    assertThat(last.getHidden().getShapeList()).containsExactly(3L, (long) FakeRouter.HIDDEN);
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertThat(report.path("layer").asInt()).isEqualTo(2);
    assertThat(report.path("phase").asText()).isEqualTo("prefill");
    assertThat(report.path("results")).hasSize(2);
    JsonNode rows = report.path("results").path(1);
    assertThat(rows.path("rows").asInt()).isEqualTo(3);
    assertThat(rows.path("calls").asInt()).isPositive();
    assertThat(rows.path("medianMicros").asDouble()).isPositive();
  }

  @Test
  void layerPrintsALineForEveryNumberOfRows() {
    List<String> lines = bench("layer --rows 1,3 --time 1ms").out().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).split(" +")).containsExactly("rows", "median-us", "p99-us", "calls");
    assertThat(lines.get(2)).matches("3 +\\d+ +\\d+ +\\d+");
  }
}
