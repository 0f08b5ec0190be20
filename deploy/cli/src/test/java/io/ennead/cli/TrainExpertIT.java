package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * New experts from a text to a running cluster, with few steps. What they come to is measured by
 * deploy/learn/german.sh.
 */
class TrainExpertIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Path DEMO = Path.of("../models/demo").toAbsolutePath().normalize();
  private static final Path CORPUS = Path.of("../learn/corpus");

  @TempDir private Path directory;

  @Test
  void aPackIsTrainedAndServed() throws Exception {
    Path validation = texts("german-val.jsonl");
    CliRun run = train("german", validation);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("step 6 of 6", "KL ").doesNotContain("NaN");
    List<Double> trained = perplexities(run, "([0-9.]+) by the model alone, ([0-9.]+) with");
    assertThat(trained.get(1)).isLessThan(trained.get(0));
    assertThat(directory.resolve("german@1.training/training.html")).content().contains("loss");
    CliRun again = train("german", validation);
    assertThat(again.code()).isNotZero();
    assertThat(again.err()).contains("german@1: exists (expected: a new name or version)");

    List<String> packs = List.of("--packs=" + directory);
    ClusterPlan plan = new ClusterPlan(DEMO, "f32", 8, PortPlan.of(0, 2), 1, packs, packs);
    try (LocalCluster cluster = LocalCluster.start(plan, LIMIT)) {
      assertThat(cluster).isNotNull();
      assertServed(plan, validation, trained.get(0));
      String operators = "127.0.0.1:" + plan.ports().cluster();
      CliRun added = CliRun.of("pack", "add", "german", "--addr", operators);
      assertThat(added.code()).as(added.err()).isZero();
      assertServed(plan, validation, trained.get(1));
    }
  }

  /** Perplexities are told with two decimals. */
  private static void assertServed(ClusterPlan plan, Path texts, double expected) {
    String address = plan.ports().router().address();
    CliRun run =
        CliRun.of(
            "score", "--addr", address, "--jsonl", texts.toString(), "--chunk", "32", "--no-fit");
    double served = perplexities(run, "perplexity ([0-9.]+)").get(0);
    assertThat(served).isCloseTo(expected, within(0.005 + 1e-4 * expected));
  }

  private CliRun train(String name, Path validation) throws IOException {
    return CliRun.of(
        "train-expert",
        "--name=" + name,
        "--packs=" + directory,
        "--corpus=" + texts("german-train.jsonl"),
        "--keep=" + texts("known.jsonl"),
        "--validation=" + validation,
        "--experts=2",
        "--layers=3,2",
        "--steps=6",
        "--learning-rate=0.02",
        "--gate-cost=0.1", // the gate opens within these steps
        "--batch=5",
        "--chunk=32",
        "--checkpoint-every=4");
  }

  private Path texts(String file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    StringBuilder texts = new StringBuilder();
    for (String line : Files.readAllLines(CORPUS.resolve(file)).subList(0, 3)) {
      String text = json.readTree(line).path("text").asText().substring(0, 900);
      texts.append(json.createObjectNode().put("text", text)).append('\n');
    }
    return Files.writeString(directory.resolve(file), texts);
  }

  private static List<Double> perplexities(CliRun run, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(run.out());
    assertThat(matcher.find()).as(run.out() + run.err()).isTrue();
    List<Double> found = new ArrayList<>();
    for (int group = 1; group <= matcher.groupCount(); group++) {
      found.add(Double.valueOf(matcher.group(group)));
    }
    return found;
  }
}
