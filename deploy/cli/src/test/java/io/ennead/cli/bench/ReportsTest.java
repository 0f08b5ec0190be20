package io.ennead.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadPlan.Objective;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ReportsTest {
  private static final ReportOptions OPTIONS =
      new ReportOptions("a <b>&\" name", "127.0.0.1:8470", true, Map.of("kind", "test"));

  private final long seed = new Random().nextLong();

  @Test
  void jsonHasTheFieldsOfGhzWithItsNumbers() throws IOException {
    LoadResult result = Results.random(seed, 100);
    JsonNode json = new ObjectMapper().readTree(GhzJson.of(result, OPTIONS));
    long[] latencies =
        result.requests().stream()
            .filter(request -> request.error().isEmpty())
            .mapToLong(RequestRecord::nanos)
            .sorted()
            .toArray();
    assertThat(json.path("name").asText()).isEqualTo(OPTIONS.name());
    assertThat(json.path("endReason").asText()).isEqualTo("normal");
    assertThat(json.path("date").asText()).isEqualTo("2026-11-25T06:00:00Z");
    assertThat(json.at("/options/host").asText()).isEqualTo("127.0.0.1:8470");
    assertThat(json.at("/options/rps").asInt()).isEqualTo(21);
    assertThat(json.at("/tags/kind").asText()).isEqualTo("test");
    assertThat(json.path("count").asInt()).isEqualTo(100);
    assertThat(json.path("total").asLong()).isEqualTo(result.nanos());
    assertThat(json.path("fastest").asLong()).isEqualTo(latencies[0]);
    assertThat(json.path("slowest").asLong()).isEqualTo(latencies[latencies.length - 1]);
    assertThat(json.at("/errorDistribution/QUEUE_FULL").asInt()).isEqualTo(14);
    assertThat(json.at("/statusCodeDistribution/OK").asInt()).isEqualTo(86);
    assertThat(json.path("details")).hasSize(100);
    int counted = 0;
    for (JsonNode bucket : json.path("histogram")) {
      counted += bucket.path("count").asInt();
    }
    assertThat(json.path("histogram")).hasSize(11);
    assertThat(counted).as("seed %d", seed).isEqualTo(86);
    for (JsonNode one : json.path("latencyDistribution")) {
      long latency = one.path("latency").asLong();
      double share = Arrays.stream(latencies).filter(l -> l <= latency).count() / 86.0;
      double below = Arrays.stream(latencies).filter(l -> l < latency).count() / 86.0;
      double part = one.path("percentage").asInt() / 100.0;
      assertThat(share).as("seed %d", seed).isGreaterThanOrEqualTo(part);
      assertThat(below).as("seed %d", seed).isLessThan(part);
    }
  }

  @Test
  void jsonTellsWhatGhzCannotMeasure() throws IOException {
    LoadResult result = Results.random(seed, 60);
    JsonNode more = new ObjectMapper().readTree(GhzJson.of(result, OPTIONS)).path("ennead");
    int tokens = result.requests().stream().mapToInt(RequestRecord::tokens).sum();
    long good =
        result.requests().stream()
            .filter(r -> r.error().isEmpty() && r.firstTokenNanos() <= 30_000_000)
            .count();
    assertThat(more.path("tokensPerSecond").asDouble())
        .isCloseTo(tokens / (result.nanos() / 1e9), within(1e-6));
    assertThat(more.path("good").asLong()).as("seed %d", seed).isEqualTo(good);
    assertThat(more.at("/interToken/p50").asLong()).isBetween(5_000_000L, 6_010_000L);
    assertThat(more.at("/request/max").asLong())
        .isCloseTo(result.latencies().getMaxValue(), within(1L));
    assertThat(more.path("objective").asText()).isEqualTo("first token within 30 ms");
  }

  @Test
  void csvIsGhzs() {
    LoadResult result =
        Results.of(
            List.of(
                new RequestRecord(5, 1_000_000, 2_345_678, 3, 4, Optional.empty()),
                new RequestRecord(9, 0, 1_000_000, 3, 0, Optional.of("QUEUE_FULL"))),
            new Histogram(3));
    assertThat(GhzCsv.of(result))
        .isEqualTo("duration (ms),status,error\n2.35,OK,\n1.00,QUEUE_FULL,QUEUE_FULL\n");
  }

  @Test
  void theTableTellsRequestsThroughputGoodputAndPercentiles() {
    String table = LoadTable.of(Results.random(seed, 70));
    assertThat(table)
        .contains("open loop, 20.5 requests per second", "70 in ", "60 answered")
        .contains("failed: {QUEUE_FULL=10}", "goodput", "first token within 30 ms", "p99")
        .containsPattern("refusal +\\d")
        .doesNotContain("NaN");
  }

  @Test
  void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
    String page = LoadPage.of(Results.random(seed, 300), OPTIONS);
    Document document = parse(page);
    assertThat(document.getElementsByTagName("svg").getLength()).isEqualTo(3);
    assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(300);
    assertThat(document.getElementsByTagName("h1").item(0).getTextContent())
        .isEqualTo(OPTIONS.name());
    assertThat(page).doesNotContain("<script", "http://", "https://", "url(", "NaN");
  }

  @Test
  void aRunWithoutAnswersIsReportedToo() throws Exception {
    LoadResult none = Results.none();
    LoadResult failed =
        Results.of(
            List.of(new RequestRecord(0, 0, 5, 1, 0, Optional.of("UNAVAILABLE"))),
            new Histogram(3));
    for (LoadResult result : List.of(none, failed)) {
      parse(LoadPage.of(result, OPTIONS));
      new ObjectMapper().readTree(GhzJson.of(result, OPTIONS));
      assertThat(LoadPage.of(result, OPTIONS) + GhzJson.of(result, OPTIONS) + LoadTable.of(result))
          .doesNotContain("NaN", "Infinity");
    }
  }

  @Test
  void throughputAddsUpToTheTokens() {
    LoadResult result = Results.random(seed, 50);
    double[] rates = ThroughputPlot.rates(result);
    double tokens = Arrays.stream(rates).sum() * result.seconds() / rates.length;
    int all = result.requests().stream().mapToInt(RequestRecord::tokens).sum();
    assertThat(tokens).as("seed %d", seed).isCloseTo(all, within(all * 1e-6 + 1));
  }

  @Test
  void dotsReachTheEndOfARunOfWhichHalfFailed() throws Exception {
    List<RequestRecord> requests = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      Optional<String> error = i % 2 == 0 ? Optional.of("QUEUE_FULL") : Optional.empty();
      requests.add(new RequestRecord(i * 1_000_000L, 5_000_000, 9_000_000, 3, 2, error));
    }
    Document page = parse(LoadPage.of(Results.of(requests, new Histogram(3)), OPTIONS));
    NodeList dots = page.getElementsByTagName("circle");
    Map<String, Double> last = new HashMap<>();
    for (int i = 0; i < dots.getLength(); i++) {
      Element dot = (Element) dots.item(i);
      last.merge(dot.getAttribute("class"), Double.valueOf(dot.getAttribute("cx")), Math::max);
    }
    assertThat(dots.getLength()).isBetween(5_000, 8_000);
    assertThat(last.get("dot")).isGreaterThan(980);
    assertThat(last.get("failed")).isGreaterThan(980);
  }

  @Test
  void aSingleTokenAtTheEndCounts() {
    RequestRecord request = new RequestRecord(0, 5_000_000, 5_000_000, 3, 1, Optional.empty());
    LoadResult result = Results.of(List.of(request), new Histogram(3));
    double[] rates = ThroughputPlot.rates(result);
    assertThat(Arrays.stream(rates).sum() * result.seconds() / rates.length)
        .isCloseTo(1, within(1e-6));
  }

  @Test
  void limitsBelowAMillisecondAreTold() {
    LoadPlan plan = Results.none().plan();
    Objective objective =
        new Objective(Optional.of(Duration.ofMillis(30)), Optional.of(Duration.ofNanos(500_000)));
    LoadPlan fine =
        new LoadPlan(
            plan.arrivals(),
            plan.total(),
            plan.duration(),
            plan.timeout(),
            plan.promptTokens(),
            plan.tokens(),
            objective,
            plan.seed());
    assertThat(Texts.objective(fine)).isEqualTo("first token within 30 ms, 0.5 ms per token");
  }

  private static Document parse(String page) throws Exception {
    String xml = page.replace("<!DOCTYPE html>", "");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }
}
