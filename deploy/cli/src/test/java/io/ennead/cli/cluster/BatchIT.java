package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenIds;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Many requests at once, and requests that end early, through the front door of eight nodes. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
class BatchIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int LAYERS = 4;
  private static final int NODES = 8;
  private static final int EXPERTS_PER_TOKEN = 2;
  private static final int VOCABULARY_END = 1 << 20;

  private final HttpClient http = HttpClient.newHttpClient();
  private final ClusterPlan plan = DemoPlan.of("f32", NODES);
  private LocalCluster cluster;
  private EnneadClient client;

  @BeforeAll
  void start() throws Exception {
    cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
    client = EnneadClient.connect(plan.ports().router().address());
  }

  @AfterAll
  void close() {
    client.close();
    cluster.close();
  }

  /** What the router counted in its decode steps. */
  private record Decoding(double steps, double rows, double calls) {
    Decoding minus(Decoding before) {
      return new Decoding(steps - before.steps, rows - before.rows, calls - before.calls);
    }
  }

  @Test
  void oneStreamCallsTheNodesOfItsTwoExpertsPerLayerAndStep() {
    Decoding made = decodingOf(1, 40);

    assertThat(made.rows()).isEqualTo(39); // the first token comes from the prompt's own step
    assertThat(made.steps()).isEqualTo(39);
    assertThat(made.calls()).isEqualTo(39 * LAYERS * EXPERTS_PER_TOKEN);
  }

  @Test
  void sixteenStreamsShareTheirStepsAndEachStepCallsANodeOncePerLayer() {
    Decoding made = decodingOf(16, 100);

    assertThat(made.rows()).isEqualTo(16 * 99);
    assertThat(made.rows() / made.steps()).as("rows per step").isBetween(10.0, 16.0);
    assertThat(made.calls() / made.steps())
        .as("calls per step")
        .isLessThanOrEqualTo(LAYERS * NODES)
        .isGreaterThan(LAYERS * EXPERTS_PER_TOKEN);
  }

  private Decoding decodingOf(int streams, int tokens) {
    awaitIdle();
    Decoding before = decoding();
    generate(streams, tokens);
    awaitIdle();
    return decoding().minus(before);
  }

  private Decoding decoding() {
    return new Decoding(
        metric("ennead_steps_total{phase=\"decode\"}"),
        metric("ennead_step_rows_total{phase=\"decode\"}"),
        metric("ennead_expert_calls_total{phase=\"decode\",reason=\"first\"}"));
  }

  @Test
  void thirtyTwoStreamsAtOnceAllFinish() {
    assertThat(generate(32, 40))
        .hasSize(32)
        .allSatisfy(finish -> assertThat(finish.getGeneratedTokens()).isEqualTo(40));
  }

  private List<Finish> generate(int streams, int tokens) {
    List<CompletableFuture<Finish>> finishes =
        IntStream.range(0, streams)
            .mapToObj(
                i -> client.generate(greedy("Stream %d".formatted(i), tokens), LIMIT, piece -> {}))
            .toList();
    return finishes.stream().map(CompletableFuture::join).toList();
  }

  @Test
  void aCancelledRequestLeavesTheBatchAndFreesItsMemory() {
    awaitIdle();
    try (Generation generation = client.generate(greedy("The king", 1000), LIMIT)) {
      for (int i = 0; i < 3; i++) {
        generation.next();
      }
      assertThat(running()).isEqualTo(1);
      assertThat(kvUsage()).isPositive();
      generation.cancel();
      awaitIdle();
    }
  }

  @Test
  void aRequestWhoseDeadlinePassesEndsAndFreesItsMemory() {
    awaitIdle();
    try (Generation generation =
        client.generate(greedy("The king", 1000), Duration.ofMillis(300))) {
      assertThatThrownBy(() -> generation.forEachRemaining(piece -> {}))
          .isInstanceOfSatisfying(
              ServingException.class,
              e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED));
    }
    awaitIdle();
  }

  static Stream<Arguments> badRequests() {
    ErrorReason field = ErrorReason.ERROR_REASON_INVALID_FIELD;
    return Stream.of(
        Arguments.of(GenerateRequest.newBuilder(), field, "prompt"),
        Arguments.of(
            GenerateRequest.newBuilder().setTokenIds(TokenIds.newBuilder()),
            field,
            "token_ids.ids"),
        Arguments.of(
            GenerateRequest.newBuilder()
                .setTokenIds(TokenIds.newBuilder().addIds(5).addIds(VOCABULARY_END)),
            ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE,
            "token_ids.ids[1]"),
        Arguments.of(text("a b ".repeat(2000)), ErrorReason.ERROR_REASON_PROMPT_TOO_LONG, "prompt"),
        Arguments.of(
            text("a b ".repeat(500_000)), ErrorReason.ERROR_REASON_PROMPT_TOO_LONG, "prompt"),
        Arguments.of(temperature(Double.NaN), field, "sampling.temperature"),
        Arguments.of(inverted(), field, "sampling.top_p"),
        Arguments.of(topP(0), field, "sampling.top_p"),
        Arguments.of(maxTokens(0), field, "stopping.max_tokens"),
        Arguments.of(
            text("a").setModel("other"), ErrorReason.ERROR_REASON_MODEL_NOT_FOUND, "model"));
  }

  private static GenerateRequest.Builder text(String text) {
    return GenerateRequest.newBuilder().setText(text);
  }

  private static GenerateRequest.Builder temperature(double temperature) {
    GenerateRequest.Builder request = text("a");
    request.getSamplingBuilder().setTemperature(temperature);
    return request;
  }

  /** An inverted distribution, cut as if it were not. */
  private static GenerateRequest.Builder inverted() {
    GenerateRequest.Builder request = temperature(-1);
    request.getSamplingBuilder().setTopP(0.9);
    return request;
  }

  private static GenerateRequest.Builder topP(double topP) {
    GenerateRequest.Builder request = text("a");
    request.getSamplingBuilder().setTopP(topP);
    return request;
  }

  private static GenerateRequest.Builder maxTokens(int tokens) {
    GenerateRequest.Builder request = text("a");
    request.getStoppingBuilder().setMaxTokens(tokens);
    return request;
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void aBadRequestIsRefusedByItsFieldAndTheNextOneSucceeds(
      GenerateRequest.Builder request, ErrorReason reason, String field) {
    try (Generation generation = client.generate(request.build(), LIMIT)) {
      assertThatThrownBy(generation::next)
          .isInstanceOfSatisfying(
              ServingException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(reason);
                assertThat(e.metadata())
                    .containsEntry("field", field)
                    .containsKeys("value", "expected");
              });
    }
    assertThat(read(greedy("The king", 3)).getGeneratedTokens()).isEqualTo(3);
  }

  @Test
  void emptyTextIsAPromptOfTheFirstTokenAlone() {
    Finish finish = read(greedy("", 5));

    assertThat(finish.getPromptTokens()).isEqualTo(1);
    assertThat(finish.getGeneratedTokens()).isEqualTo(5);
  }

  private Finish read(GenerateRequest request) {
    try (Generation generation = client.generate(request, LIMIT)) {
      GenerateResponse last = GenerateResponse.getDefaultInstance();
      while (generation.hasNext()) {
        last = generation.next();
      }
      return last.getFinish();
    }
  }

  private static GenerateRequest greedy(String text, int tokens) {
    GenerateRequest.Builder request = text(text);
    request.getSamplingBuilder().setTemperature(0);
    request.getStoppingBuilder().setMaxTokens(tokens).setIgnoreEos(true);
    return request.build();
  }

  private void awaitIdle() {
    Awaitility.await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(running()).as("requests running").isZero();
              assertThat(kvUsage()).as("KV cache in use").isZero();
            });
  }

  private double running() {
    return metric("ennead_num_requests_running{");
  }

  private double kvUsage() {
    return metric("ennead_kv_cache_usage_perc{");
  }

  /** The sum over all lines that begin so. */
  private double metric(String begin) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(begin))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private String metrics() {
    URI uri = URI.create("http://127.0.0.1:%d/metrics".formatted(plan.ports().router().admin()));
    try {
      return http.send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new AssertionError("no metrics", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
