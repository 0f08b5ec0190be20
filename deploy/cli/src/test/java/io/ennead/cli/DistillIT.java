package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.Lists;
import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.Weights;
import io.ennead.v1.DataType;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.TokenIds;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a running teacher to a student that runs: the whole way, with few steps. How much soft
 * labels help is measured by deploy/learn/distill.sh.
 */
class DistillIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Path DEMO = Path.of("../models/demo").toAbsolutePath().normalize();
  private static final int VOCABULARY = 4096;

  @TempDir private Path directory;

  @Test
  void aStudentIsTrainedAndServed() throws Exception {
    Path texts = texts();
    ClusterPlan teacher = new ClusterPlan(DEMO, "f32", 8, PortPlan.of(0, 1));
    try (LocalCluster cluster = LocalCluster.start(teacher, LIMIT)) {
      assertThat(cluster).isNotNull();
      theForwardPassIsTheTrainers(teacher);
      CliRun run = distill(teacher, texts);
      assertThat(run.err()).contains("step 8 of 8", "cross-entropy");
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(run.out()).contains("parameters", "perplexity");
      assertThat(Files.readAllLines(directory.resolve("student/training.csv"))).hasSize(9);
      assertThat(directory.resolve("student/training.html")).content().contains("cross_entropy");

      JsonNode first = result();
      assertThat(first.path("sequences_asked").asInt()).isPositive();
      assertThat(distill(teacher, texts).code()).isZero(); // is done: nothing more to do
      assertThat(result().path("sequences_asked").asInt()).isZero();
      assertThat(result().path("perplexity")).isEqualTo(first.path("perplexity"));
    }
    Path model = directory.resolve("student/model");
    ClusterPlan student = new ClusterPlan(model, "f32", 2, PortPlan.of(0, 2));
    try (LocalCluster cluster = LocalCluster.start(student, LIMIT)) {
      assertThat(cluster).isNotNull();
      double expected = result().path("perplexity").asDouble();
      assertThat(perplexity(student, texts)).isCloseTo(expected, within(1e-4 * expected));
    }
  }

  private Path texts() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("../loadtest/val.jsonl"));
    ObjectMapper json = new ObjectMapper();
    StringBuilder texts = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      String text = json.readTree(lines.get(i)).path("text").asText().substring(0, 700);
      texts.append(json.createObjectNode().put("text", text)).append('\n');
    }
    return Files.writeString(directory.resolve("texts.jsonl"), texts);
  }

  private CliRun distill(ClusterPlan teacher, Path texts) {
    String flags =
        "--hidden 32 --layers 2 --heads 2 --kv-heads 1 --width 48 --experts 2 --experts-per-token 1"
            + " --steps 8 --batch 4 --chunk 32 --top 16 --checkpoint-every 3";
    return CliRun.of(
        ("distill %s --addr %s --teacher %s --corpus %s --validation %s "
                    .formatted(
                        directory.resolve("student"),
                        teacher.ports().router().address(),
                        DEMO,
                        texts,
                        texts)
                + flags)
            .split(" "));
  }

  private JsonNode result() throws IOException {
    return new ObjectMapper().readTree(directory.resolve("student/result.json").toFile());
  }

  private static double perplexity(ClusterPlan student, Path texts) {
    String address = student.ports().router().address();
    CliRun run =
        CliRun.of(
            "score", "--addr", address, "--jsonl", texts.toString(), "--chunk", "32", "--no-fit");
    Matcher matcher = Pattern.compile("perplexity ([0-9.]+)").matcher(run.out());
    assertThat(matcher.find()).as(run.out() + run.err()).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  /** In the logarithm of whole rows, which is the logits but for a constant. */
  private static void theForwardPassIsTheTrainers(ClusterPlan teacher) {
    int[] tokens = new Random(3).ints(40, 2, VOCABULARY).toArray();
    float[] rows = rows(teacher, tokens);
    Checkpoint checkpoint = Checkpoint.open(DEMO);
    double furthest = 0;
    try (Student demo = Student.open(checkpoint.config(), 1)) {
      float[] logits = demo.logits(Weights.read(checkpoint), new int[][] {tokens});
      for (int from = 0; from < rows.length; from += VOCABULARY) {
        double sum = 0;
        for (int id = 0; id < VOCABULARY; id++) {
          sum += Math.exp(logits[from + id]);
        }
        for (int id = 0; id < VOCABULARY; id++) {
          double expected = logits[from + id] - Math.log(sum);
          furthest = Math.max(furthest, Math.abs(Math.log(rows[from + id]) - expected));
        }
      }
    }
    assertThat(furthest).isLessThan(1e-4);
  }

  private static float[] rows(ClusterPlan teacher, int[] tokens) {
    SoftLabelsRequest request =
        SoftLabelsRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(tokens).boxed().toList()))
            .setFull(DataType.DATA_TYPE_F32)
            .build();
    try (EnneadClient client = EnneadClient.connect(teacher.ports().router().address())) {
      List<SoftLabelsResponse> responses = Lists.newArrayList(client.softLabels(request, LIMIT));
      assertThat(responses.get(0).getTokenIdsCount()).isEqualTo(39);
      return TensorCodec.floats(responses.get(0).getProbabilities(), "probabilities");
    }
  }
}
