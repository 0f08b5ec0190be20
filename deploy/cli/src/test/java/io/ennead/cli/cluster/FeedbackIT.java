package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.adapt.Learner;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.router.profile.ProfileDirectory;
import io.ennead.router.profile.ProfileId;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerSummary;
import io.ennead.v1.Model;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.TraceLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From ratings to a profile that is served, and back, on one running cluster. */
@Timeout(180)
class FeedbackIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path directory;

  /**
   * A response's tokens and end.
   *
   * @param load share of the tokens that expert 3 of layer 1 ran for
   */
  private record Answer(String id, List<Integer> tokens, Finish finish, double load) {}

  private static Answer ask(EnneadClient client, long seed, String profile) {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("Once upon a time");
    request.getSamplingBuilder().setSeed(seed);
    request.getStoppingBuilder().setMaxTokens(8).setIgnoreEos(true);
    request.getRoutingBuilder().setMode(RoutingMode.ROUTING_MODE_SAMPLED).setProfile(profile);
    request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_SUMMARY);
    String id = "";
    List<Integer> tokens = new ArrayList<>();
    Finish finish = Finish.getDefaultInstance();
    double load = 0;
    try (Generation pieces = client.generate(request.build(), LIMIT)) {
      while (pieces.hasNext()) {
        GenerateResponse piece = pieces.next();
        id = piece.getResponseId();
        tokens.addAll(piece.getTokenIdsList());
        if (piece.hasFinish()) {
          finish = piece.getFinish();
          LayerSummary layer = piece.getTrace().getSummary(1);
          load = (double) layer.getExpertTokens(3) / layer.getTokens();
        }
      }
    }
    return new Answer(id, tokens, finish, load);
  }

  @Test
  void ratingsBecomeAProfileThatIsServedWithoutARestartAndLeavesNoTrace() throws Exception {
    Path profiles = Files.createDirectory(directory.resolve("profiles"));
    String database = directory.resolve("feedback.db").toString();
    ClusterPlan plan =
        DemoPlan.of("f32", 1)
            .withRouterFlags(
                "--feedback-db=" + database,
                "--profiles=" + profiles,
                "--expert-budget=20s", // time is not what is tested
                "--expert-failure=wait");
    try (LocalCluster cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
        EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      List<Answer> base = ask(client, "");
      assertThat(base.get(0).finish().getProfile()).isEqualTo("none");

      rate(client);
      learn(database, profiles);
      ProfileDirectory.setDefault(profiles, "third@1");
      await(client, "third@1");
      List<Answer> learned = ask(client, "");
      assertThat(learned.get(0).finish().getProfile()).isEqualTo("third@1");
      assertThat(load(learned)).isGreaterThan(load(base));
      assertThat(tokens(learned)).isNotEqualTo(tokens(base));
      assertThat(tokens(ask(client, "none"))).isEqualTo(tokens(base));

      ProfileDirectory.setDefault(profiles, "none");
      await(client, "none");
      assertThat(tokens(ask(client, ""))).isEqualTo(tokens(base));
    }
  }

  private static List<Answer> ask(EnneadClient client, String profile) {
    return LongStream.range(1000, 1004).mapToObj(seed -> ask(client, seed, profile)).toList();
  }

  private static List<List<Integer>> tokens(List<Answer> answers) {
    return answers.stream().map(Answer::tokens).toList();
  }

  private static double load(List<Answer> answers) {
    return answers.stream().mapToDouble(Answer::load).average().orElseThrow();
  }

  /** Whoever rates likes expert 3 of layer 1: what there is to learn is known. */
  private static void rate(EnneadClient client) {
    for (int seed = 0; seed < 100; seed++) {
      Answer answer = ask(client, seed, "");
      RecordFeedbackRequest.Builder rating =
          RecordFeedbackRequest.newBuilder()
              .setResponseId(answer.id())
              .setRating(2 * answer.load() - 1);
      assertThat(client.recordFeedback(rating.build(), LIMIT).getRepeated()).isFalse();
      assertThat(client.recordFeedback(rating.build(), LIMIT).getRepeated()).isTrue();
    }
  }

  /** So far that it shows, whatever the ratings are worth. */
  private static void learn(String database, Path profiles) throws SQLException, IOException {
    try (Learner learner = Learner.open(database, "", 0)) {
      Learner.Limits far = new Learner.Limits(1, 8, 0.1, 1, 0.5);
      learner.learn(new ProfileId("third", 1), far).write(profiles);
      assertThat(learner.evaluate()).isEmpty(); // nothing was held out
    }
  }

  private static void await(EnneadClient client, String profile) {
    Awaitility.await()
        .atMost(30, TimeUnit.SECONDS)
        .until(
            () -> {
              Model model = client.listModels(LIMIT).getModels(0);
              return model.getDefaultProfile().equals(profile)
                  && model.getProfilesList().contains("third@1");
            });
  }
}
