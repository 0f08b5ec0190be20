package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.ScoreJob.Labels;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.Golden;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Labels of the demo model, against the fixtures' independent implementation. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class SoftLabelsOfDemoTest {
  private static final int BLOCKS = 32 * 64;

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private final BatchGenerator generator =
      BatchGenerator.start(
          demo.model(),
          DemoInfo.F32,
          new ByteCodec(),
          Set.of(1),
          new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true),
          new BlockPool(BLOCKS, LoadedModel.BLOCK),
          new PrometheusRegistry(),
          () -> {});

  @AfterAll
  void close() {
    generator.close();
    demo.close();
  }

  @Test
  void theProbabilityOfTheNextTokenIsTheRecordedOne() {
    for (Golden golden : Golden.all().filter(g -> g.inputIds().length > 1).toList()) {
      int[] tokens = golden.inputIds();
      List<SoftLabel> labels = label(tokens, 1, new Labels(1, 0, false));
      assertThat(labels).hasSize(tokens.length - 1);
      for (int place = 1; place < tokens.length; place++) {
        double probability = labels.get(place - 1).probabilities()[tokens[place]];
        assertThat(Math.log(probability))
            .as("%s, place %d", golden.name(), place)
            .isCloseTo(golden.promptLogprobs().get(place), within(5e-4));
      }
    }
  }

  @Test
  void labelsAtATemperatureAreThoseOfThePowersOfPlainOnes() {
    int[] tokens = Golden.all().skip(7).findFirst().orElseThrow().inputIds();
    List<SoftLabel> plain = label(tokens, 1, new Labels(1, 0, false));
    List<SoftLabel> soft = label(tokens, 1, new Labels(0.5, 16, false));
    for (int row = 0; row < plain.size(); row++) {
      float[] p = plain.get(row).probabilities();
      double sum = 0;
      for (float probability : p) {
        sum += Math.sqrt(probability);
      }
      for (int i = 0; i < 16; i++) {
        double expected = Math.sqrt(p[soft.get(row).ids()[i]]) / sum;
        assertThat((double) soft.get(row).probabilities()[i])
            .isCloseTo(expected, within(1e-6 * expected + 1e-9));
      }
    }
  }

  @Test
  void theHeadTimesAHiddenStateGivesItsLabel() {
    float[] head = head();
    int[] tokens = Golden.all().skip(7).findFirst().orElseThrow().inputIds();
    for (SoftLabel label : label(tokens, 1, new Labels(0.5, 0, true))) {
      assertThat(label.hidden()).hasSize(DemoModel.HIDDEN);
      double[] expected = softmax(product(head, label.hidden()), 0.5);
      double furthest = 0;
      for (int id = 0; id < DemoModel.VOCABULARY; id++) {
        double apart = Math.abs(Math.log(label.probabilities()[id]) - Math.log(expected[id]));
        furthest = Math.max(furthest, apart);
      }
      assertThat(furthest).isLessThan(2e-5);
    }
  }

  private static float[] head() {
    Checkpoint checkpoint = Checkpoint.open(DemoModel.DIRECTORY);
    FloatBuffer head = FloatBuffer.allocate(DemoModel.VOCABULARY * DemoModel.HIDDEN);
    try (FloatSource source = checkpoint.open(checkpoint.config().head())) {
      source.read(0, head);
    }
    return head.array();
  }

  private static double[] product(float[] head, float[] hidden) {
    double[] logits = new double[head.length / hidden.length];
    for (int i = 0; i < head.length; i++) {
      logits[i / hidden.length] += (double) head[i] * hidden[i % hidden.length];
    }
    return logits;
  }

  private static double[] softmax(double[] logits, double inverseTemperature) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double[] powers =
        Arrays.stream(logits).map(l -> Math.exp(inverseTemperature * (l - max))).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  @Test
  void neitherNeighboursNorTheFirstPlaceChangeABit() {
    Labels form = new Labels(0.25, 32, true);
    int[] tokens = Golden.all().skip(9).findFirst().orElseThrow().inputIds();
    List<SoftLabel> alone = label(tokens, 1, form);
    List<CompletableFuture<ScoredTokens>> neighbours = new ArrayList<>();
    Random random = new Random(4);
    for (int i = 0; i < 6; i++) {
      int[] other = random.ints(20 + random.nextInt(150), 3, 4096).toArray();
      neighbours.add(generator.score(job(other, 1, form)));
    }
    for (int from : new int[] {1, 2, 64, 65, 130, tokens.length - 1}) {
      List<SoftLabel> rows = label(tokens, from, form);
      assertThat(rows).hasSize(tokens.length - from);
      for (int row = 0; row < rows.size(); row++) {
        assertThat(rows.get(row))
            .usingRecursiveComparison()
            .as("from %d, row %d", from, row)
            .isEqualTo(alone.get(from - 1 + row));
      }
    }
    neighbours.forEach(CompletableFuture::join);
  }

  private List<SoftLabel> label(int[] tokens, int from, Labels form) {
    return generator.score(job(tokens, from, form)).join().labels();
  }

  private static ScoreJob job(int[] tokens, int from, Labels form) {
    return new ScoreJob(
        tokens,
        from,
        Optional.empty(),
        Optional.of(form),
        List.of(new ScoreJob.Run(tokens.length, new double[0])),
        RoutingOptions.DEFAULT,
        TraceOptions.NONE,
        Long.MAX_VALUE,
        Claim.ANYBODY);
  }
}
