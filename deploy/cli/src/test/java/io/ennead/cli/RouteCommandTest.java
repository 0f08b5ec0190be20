package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.route.SyntheticGate;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.TraceLevel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class RouteCommandTest {
  private FakeRouter router;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    router.close();
  }

  private CliRun route(String... flags) {
    List<String> all = new ArrayList<>(List.of("route", "--addr", router.address()));
    all.addAll(List.of(flags));
    return CliRun.of(all.toArray(String[]::new));
  }

  @Test
  void theTextIsThatOfPromptAndContinuation() {
    CliRun run = route("--prompt", "a€\n", "--max-tokens", "7");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("<s>a▸▸€⏎\nw▸örd w\n");
    assertThat(run.out()).doesNotContain("\u001b");
    assertThat(run.err()).contains("7 tokens", "routing seed 9").doesNotContain("trace");
  }

  @Test
  void marksNameTheTopExperts() {
    CliRun run = route("--prompt", "ab", "--max-tokens", "1", "--marks", "--layer", "2");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      String token = List.of("<s>", "a", "b").get(i);
      text.append(token).append("[e%d]".formatted(top(i, 2)));
    }
    assertThat(run.out().lines()).first().isEqualTo(text + "w");
  }

  private int top(int position, int layer) {
    return router.traces.gate.piece(position, 1).getLayers(layer).getExpertIds(0);
  }

  @Test
  void theTableHasTheSummarysNumbers() {
    CliRun run = route("--prompt", "abcdefgh", "--max-tokens", "4");
    List<String> rows =
        run.out().lines().dropWhile(line -> !line.startsWith("layer")).skip(1).limit(4).toList();
    var summary = router.traces.gate.summary(12, RoutingOptions.getDefaultInstance());
    for (int layer = 0; layer < 4; layer++) {
      var of = summary.get(layer);
      Stream<String> loads =
          of.getExpertTokensList().stream().map(n -> number("%.1f", 100.0 * n / 24));
      assertThat(rows.get(layer).split(" +"))
          .startsWith(
              Integer.toString(layer),
              number("%.3f", of.getMeanEntropy()),
              number("%.1f%%", 100 * of.getMeanEntropy() / Math.log(8)),
              number("%.1f%%", 100 * of.getTop1Share()))
          .endsWith(loads.toArray(String[]::new));
    }
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  @Test
  void ofManyExpertsTheBusiestAreShown() {
    router.traces.gate = SyntheticGate.of(2, 40, 4, 1);
    CliRun run = route("--prompt", "abcdefgh", "--max-tokens", "4");
    assertThat(run.out()).contains("#8").contains("others").doesNotContain("e39 ");
    String row = run.out().lines().filter(line -> line.startsWith("1 ")).findFirst().orElseThrow();
    String[] cells = row.split(" +");
    double sum =
        Stream.of(cells)
            .skip(4)
            .mapToDouble(cell -> Double.parseDouble(cell.replaceFirst("e\\d+:", "")))
            .sum();
    assertThat(cells).hasSize(13);
    assertThat(sum).isBetween(99.5, 100.5);
  }

  @Test
  void oneTokenIsShownWithAllThatWasDecided() {
    CliRun run = route("--prompt", "ab", "--max-tokens", "3", "--token", "3");
    assertThat(run.out()).contains("token 3 \"w\"");
    var layer = router.traces.gate.piece(3, 1).getLayers(0);
    int expert = layer.getExpertIds(0);
    assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            String.format(
                Locale.ROOT,
                "0 %.3f e%d %.3f %.3f %.3f 10.0.0.%d:8471 no",
                layer.getEntropies(0),
                expert,
                layer.getWeights(0),
                layer.getShares(0),
                layer.getProbabilities(expert),
                1 + expert % 2));
  }

  @Test
  void everyFlagArrivesInItsField() {
    CliRun run =
        route(
            ("--prompt x --max-tokens 5 --temperature 0.5 --seed 3 --routing-temperature 2"
                    + " --routing-mode sampled --experts-per-token 4 --routing-seed 8"
                    + " --exclude-expert 3 --exclude-expert 2:1")
                .split(" "));
    assertThat(run.code()).as(run.err()).isZero();
    GenerateRequest sent = router.requests.get(0);
    assertThat(sent.getTokenIds().getIdsList()).containsExactly(0, 'x' + 1);
    assertThat(sent.getTrace().getLevel()).isEqualTo(TraceLevel.TRACE_LEVEL_FULL);
    assertThat(sent.getSampling().getTemperature()).isEqualTo(0.5);
    assertThat(sent.getSampling().getSeed()).isEqualTo(3);
    assertThat(sent.getStopping().getMaxTokens()).isEqualTo(5);
    assertThat(sent.getRouting())
        .isEqualTo(
            RoutingOptions.newBuilder()
                .setTemperature(2)
                .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
                .setExpertsPerToken(4)
                .setSeed(8)
                .addExcluded(ExcludedExpert.newBuilder().setExpert(3))
                .addExcluded(ExcludedExpert.newBuilder().setLayer(2).setExpert(1))
                .build());
  }

  @Test
  void withoutFlagsTheTextIsGreedyAndTheRoutingTheRouters() {
    route("--prompt", "x");
    GenerateRequest sent = router.requests.get(0);
    assertThat(sent.getSampling().hasTemperature()).isTrue();
    assertThat(sent.getSampling().getTemperature()).isZero();
    assertThat(sent.getStopping().getMaxTokens()).isEqualTo(16);
    assertThat(sent.getRouting()).isEqualTo(RoutingOptions.getDefaultInstance());
  }

  @Test
  void thePageHasTheTokenUnderFourServedRoutings(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("route.html");
    CliRun run = route("--prompt", "abcd", "--html", file.toString(), "--exclude-expert", "0:1");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Files.readString(file)).contains("token 4 “d”", "routing seed 9", "r-1");
    List<GenerateRequest> four = router.requests.subList(1, 5);
    assertThat(router.requests).hasSize(5);
    assertThat(four)
        .allMatch(request -> request.getTokenIds().getIdsCount() == 5)
        .allMatch(request -> request.getStopping().getMaxTokens() == 1)
        .allMatch(request -> request.getRouting().getSeed() == 9)
        .allMatch(request -> request.getRouting().getExcludedCount() == 1);
    assertThat(four.stream().map(request -> request.getRouting().getTemperature()))
        .containsExactly(1.0, 1.0, 0.5, 2.0);
    assertThat(four.stream().map(request -> request.getRouting().getModeValue()))
        .containsExactly(1, 2, 2, 2);
  }

  @Test
  void aGeneratedTokenIsRoutedAgainAfterTheTokensBeforeIt(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("route.html");
    route("--prompt", "a", "--html", file.toString(), "--token", "3");
    assertThat(router.requests.get(1).getTokenIds().getIdsList())
        .containsExactly(0, 'a' + 1, 'w' + 1, 0xc3 + 1);
  }

  @Test
  void aCutTraceIsToldInOneLine(@TempDir Path folder) throws Exception {
    router.traces.cut = 4;
    Path file = folder.resolve("route.html");
    CliRun run = route("--prompt", "abcdefgh", "--html", file.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err().lines().filter(line -> line.contains("trace")))
        .containsExactly(
            "the trace ends before token 4 of 25, at the router's bound of 4096 bytes; the table"
                + " counts all tokens");
    assertThat(Files.readString(file)).contains("token 3 “c”", "the trace ends before token 4");
    assertThat(route("--prompt", "abcdefgh", "--token", "4").err())
        .contains("--token: 4 (expected: 0 to 3; the router's bound cuts the trace there)");
  }

  @Test
  void aTraceOfNothingIsAFailure() {
    router.traces.cut = 0;
    CliRun run = route("--prompt", "x");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("leaves out every token");
  }

  @Test
  void aRouterThatBoundsTracesIsToldBeforeAnythingIsComputed() {
    router.traces.bound = TraceLevel.TRACE_LEVEL_SUMMARY;
    CliRun run = route("--prompt", "x");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().strip())
        .endsWith("the router's bound on traces: SUMMARY (expected: FULL)");
    assertThat(router.requests).isEmpty();
  }

  @Test
  void badFlagsAreRefusedWithTheirValue(@TempDir Path folder) {
    refused("--max-tokens", "0", "0 (expected: at least 1)");
    refused("--layer", "-1", "-1 (expected: at least 0)");
    refused("--layer", "4", "--layer: 4 (expected: a layer with experts: [0, 1, 2, 3])");
    refused("--token", "x", "x (expected: at least 0)");
    refused("--token", "17", "--token: 17 (expected: 0 to 16; the last token");
    refused("--routing-mode", "best", "best");
    refused("--experts-per-token", "0", "0 (expected: at least 1)");
    refused("--exclude-expert", "1:2:3", "1:2:3 (expected: an expert");
    refused("--html", folder.toString(), "--html: " + folder);
    refused("--html", folder.resolve("no/x.html").toString(), "--html: ");
  }

  private void refused(String flag, String value, String message) {
    CliRun run = route("--prompt", "x", flag, value);
    assertThat(run.code()).as(flag).isEqualTo(2);
    assertThat(run.err()).contains(flag).contains(message);
  }
}
