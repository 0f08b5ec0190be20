package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceLevel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a served model draws, experts and tokens, follows the distributions it should, with fixed
 * seeds.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
class DistributionIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final int EXPERTS = 8;

  private final ClusterPlan plan = DemoPlan.of("f32", 8);
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

  /**
   * Pairs of experts in full traces of layer 0. A prompt of one token again and again gives the
   * gate the same logits at every position (attention over equal values is that value), and so as
   * many independent draws from one distribution.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 1, 3, INF, -1})
  void sampledRoutingFollowsPlackettLuce(double t) {
    long[] counts = new long[EXPERTS * EXPERTS];
    double[] first = null;
    for (long seed = 1; seed <= 8; seed++) {
      for (LayerTrace layer : traces(t, seed)) {
        int tokens = layer.getEntropiesCount();
        for (int token = 0; token < tokens; token++) {
          double[] logits = logits(layer, token);
          first = first == null ? logits : first;
          // The decoder's own rounding; it moves no probability by more than a ten-thousandth.
          assertThat(logits).containsExactly(first, within(1e-4));
          int a = layer.getExpertIds(2 * token);
          int b = layer.getExpertIds(2 * token + 1);
          counts[Math.min(a, b) * EXPERTS + Math.max(a, b)]++;
        }
      }
    }
    ChiSquare.assertFollows(counts, pairs(first, t), "T " + t);
  }

  private List<LayerTrace> traces(double t, long seed) {
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Collections.nCopies(1000, 300)));
    request.getStoppingBuilder().setMaxTokens(1);
    request
        .getRoutingBuilder()
        .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
        .setTemperature(t)
        .setSeed(seed);
    request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL).addLayers(0);
    List<LayerTrace> layers = new ArrayList<>();
    run(request.build()).forEach(piece -> layers.addAll(piece.getTrace().getLayersList()));
    return layers;
  }

  private static double[] logits(LayerTrace layer, int token) {
    return layer.getLogitsList().subList(token * EXPERTS, (token + 1) * EXPERTS).stream()
        .mapToDouble(Float::doubleValue)
        .toArray();
  }

  /** P({a, b}) = p_a p_b / (1 - p_a) + p_b p_a / (1 - p_b), p = softmax(l / T). */
  private static double[] pairs(double[] logits, double t) {
    double[] p = new double[EXPERTS];
    double sum = 0;
    for (int i = 0; i < EXPERTS; i++) {
      p[i] = Math.exp(Double.isInfinite(t) ? 0 : logits[i] / t);
      sum += p[i];
    }
    double[] pairs = new double[EXPERTS * EXPERTS];
    for (int a = 0; a < EXPERTS; a++) {
      for (int b = a + 1; b < EXPERTS; b++) {
        double pa = p[a] / sum;
        double pb = p[b] / sum;
        pairs[a * EXPERTS + b] = pa * pb / (1 - pa) + pb * pa / (1 - pb);
      }
    }
    return pairs;
  }

  /**
   * The first token after a prompt, drawn from the 20 that are most likely there: their
   * log-probabilities under the model say what to expect.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2, -1, INF})
  void sampledTokensFollowTheTemperedDistribution(double t) {
    List<TokenLogprob> top = mostLikely();
    double[] p = new double[top.size()];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(Double.isInfinite(t) ? 0 : top.get(i).getLogprob() / t);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    List<Integer> ids = top.stream().map(TokenLogprob::getId).toList();
    long[] counts = new long[p.length];
    for (long seed = 0; seed < 250; seed++) {
      for (GenerateResponse piece : run(firstToken(t, 1_000_000 + 16 * seed, ids))) {
        piece.getTokenIdsList().forEach(id -> counts[ids.indexOf(id)]++);
      }
    }
    ChiSquare.assertFollows(counts, p, "T " + t);
  }

  private List<TokenLogprob> mostLikely() {
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder().setText("The old man").setLogprobs(20);
    request.getSamplingBuilder().setTemperature(0);
    request.getStoppingBuilder().setMaxTokens(1);
    return run(request.build()).get(0).getLogprobs(0).getTopList();
  }

  private static GenerateRequest firstToken(double t, long seed, List<Integer> allowed) {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("The old man").setN(16);
    request.getStoppingBuilder().setMaxTokens(1);
    request
        .getSamplingBuilder()
        .setTemperature(t)
        .setSeed(seed)
        .setAllowedTokens(TokenIds.newBuilder().addAllIds(allowed));
    if (t >= 0) { // the model's own defaults; a negative temperature leaves them out by itself
      request.getSamplingBuilder().setTopP(1).setTopK(0).setMinP(0);
    }
    return request.build();
  }

  @Test
  void zeroTemperatureSavesTheOtherExpertsCalls() {
    assertThat(dispatchedRows(1)).isEqualTo(2 * 101 * 4);
    assertThat(dispatchedRows(0)).isEqualTo(101 * 4);
  }

  /** Of a prompt of 101 tokens through 4 layers. */
  private double dispatchedRows(double routingTemperature) {
    double before = metric("ennead_expert_tokens_total{");
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Collections.nCopies(101, 77)));
    request.getStoppingBuilder().setMaxTokens(1);
    request.getRoutingBuilder().setTemperature(routingTemperature);
    run(request.build());
    return metric("ennead_expert_tokens_total{") - before;
  }

  private double metric(String begin) {
    URI uri = URI.create("http://127.0.0.1:%d/metrics".formatted(plan.ports().router().admin()));
    try {
      return HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(begin))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new AssertionError("no metrics", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private List<GenerateResponse> run(GenerateRequest request) {
    List<GenerateResponse> pieces = new ArrayList<>();
    try (Generation generation = client.generate(request, LIMIT)) {
      generation.forEachRemaining(pieces::add);
    }
    return pieces;
  }
}
