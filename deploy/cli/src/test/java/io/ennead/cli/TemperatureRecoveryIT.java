package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.JointScores.Group;
import io.ennead.cli.JointScores.Piece;
import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
import io.ennead.v1.FitResult;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.TemperatureFit;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenizeRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Text sampled at a temperature is most likely at that temperature: the fit over sampled tokens
 * finds it again, within 3 %.
 *
 * <p>An interval at 95 % misses the truth for one seed in twenty, so the seeds are fixed: sample i
 * has seed {@code ennead.seed} + i. System property {@code ennead.temperatures}: 20,000 tokens at
 * each of these (deploy/loadtest/temperature.sh), instead of 4,000 at two: hotter text tells less
 * of its temperature, so that 3 % take all of them, and a minute.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class TemperatureRecoveryIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int TOKENS = 20_000;
  private static final int MAX_SAMPLE = 1000;
  private static final int STREAMS = 24;
  private static final long FIRST_SEED = Long.getLong("ennead.seed", 1);
  private static final List<String> PROMPTS =
      List.of("", "Once upon a time", "ROMEO:\n", "Il y avait", "    /**\n     * Returns");

  private final ClusterPlan plan =
      new ClusterPlan(
          Path.of("../models/demo").toAbsolutePath().normalize(), "f32", 8, PortPlan.of(0, 8));
  private LocalCluster cluster;
  private EnneadClient client;

  static Stream<Arguments> texts() {
    String given = System.getProperty("ennead.temperatures", "");
    return given.isEmpty()
        ? Stream.of(Arguments.of(0.5, 4000), Arguments.of(1, 4000))
        : Arrays.stream(given.split(",")).map(t -> Arguments.of(Double.valueOf(t), TOKENS));
  }

  @BeforeAll
  void start() throws Exception {
    cluster = LocalCluster.start(plan, LIMIT);
    client = EnneadClient.connect(plan.ports().router().address());
  }

  @AfterAll
  void close() {
    client.close();
    cluster.close();
  }

  /** Token ids of a prompt and of what was drawn after it. */
  private record Sample(List<Integer> prompt, List<Integer> drawn) {
    Piece piece() {
      ScoreRequest.Builder score =
          ScoreRequest.newBuilder()
              .setTokenIds(TokenIds.newBuilder().addAllIds(prompt).addAllIds(drawn))
              .setFrom(prompt.size());
      int length = prompt.size() + drawn.size();
      return new Piece(
          "",
          ScoreStreamRequest.newBuilder().setScore(score).setWindow(Math.max(2, length)).build());
    }
  }

  @ParameterizedTest
  @MethodSource("texts")
  void theFitOfSampledTokensIsTheTemperatureTheyWereSampledAt(double temperature, int least)
      throws Exception {
    List<Sample> samples = samples(temperature, least);
    List<Piece> pieces = samples.stream().map(Sample::piece).toList();
    Group scores = JointScores.of(client, pieces, true, LIMIT).all();

    int drawn = samples.stream().mapToInt(sample -> sample.drawn().size()).sum();
    assertThat(scores.tokens()).isEqualTo(drawn).isGreaterThanOrEqualTo(least);
    TemperatureFit fit = scores.fit().orElseThrow();
    String found =
        "T %s: %s, from %d samples, %d tokens"
            .formatted(temperature, FitWords.of(fit), samples.size(), drawn);
    System.out.println(found); // for deploy/loadtest/temperature.sh
    assertThat(fit.getResult()).isEqualTo(FitResult.FIT_RESULT_FOUND);
    double halfWidth = 1.96 * fit.getInverseStandardError();
    assertThat(Math.abs(fit.getInverseTemperature() - 1 / temperature))
        .as(found)
        .isLessThanOrEqualTo(halfWidth);
    assertThat(halfWidth / fit.getInverseTemperature()).as(found).isLessThanOrEqualTo(0.03);
  }

  /** Samples until there are enough tokens, always whole rounds, so that speed decides nothing. */
  private List<Sample> samples(double temperature, int least) {
    List<Sample> samples = new ArrayList<>();
    int most = Math.min(MAX_SAMPLE, least * 5 / 4 / STREAMS);
    int tokens = 0;
    while (tokens < least) {
      List<CompletableFuture<Sample>> round = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        round.add(sample(temperature, samples.size() + i, most));
      }
      for (CompletableFuture<Sample> sample : round) {
        samples.add(sample.join());
      }
      tokens = samples.stream().mapToInt(sample -> sample.drawn().size()).sum();
    }
    return samples;
  }

  private CompletableFuture<Sample> sample(double temperature, int number, int most) {
    List<Integer> prompt = prompt(PROMPTS.get(number % PROMPTS.size()));
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder().setTokenIds(TokenIds.newBuilder().addAllIds(prompt));
    request
        .getSamplingBuilder()
        .setTemperature(temperature)
        .setTopP(1)
        .setTopK(0)
        .setMinP(0)
        .setSeed(FIRST_SEED + number);
    request.getStoppingBuilder().setMaxTokens(most);
    List<Integer> drawn = Collections.synchronizedList(new ArrayList<>());
    return client
        .generate(request.build(), LIMIT, piece -> drawn.addAll(piece.getTokenIdsList()))
        .thenApply(finish -> new Sample(prompt, drawn));
  }

  private List<Integer> prompt(String text) {
    return client.tokenize(TokenizeRequest.newBuilder().setText(text).build(), LIMIT).getIdsList();
  }
}
