package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.FailurePolicy.Drop;
import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.Survivors;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.ErrorReason;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** What requests get when an expert of the demo model cannot be reached for a while, or at all. */
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class ExpertFailureTest {
  private static final int BLOCKS = 64;
  private static final int LOST = 3;
  private static final int TOKENS = 12;
  private static final FailurePolicy WAIT =
      new FailurePolicy(Duration.ofMinutes(1), Optional.empty());

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private final LossyExperts experts = new LossyExperts(new LocalExpertLayer(demo.experts()));
  private final MoeModel model = DemoModel.with(experts, BLOCKS);
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final BatchGenerator generator =
      BatchGenerator.start(
          model,
          DemoInfo.F32,
          new ByteCodec(),
          Set.of(1),
          new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true),
          new BlockPool(BLOCKS, LoadedModel.BLOCK),
          registry,
          () -> {});
  private final int[] prompt = new Random(5).ints(2 * LoadedModel.CHUNK + 9, 3, 4096).toArray();

  @AfterEach
  void heal() {
    experts.losing = call -> false;
  }

  @AfterAll
  void close() {
    generator.close();
    model.close();
    demo.close();
  }

  /** Gives partial sums, as the dispatch does, for rows that want the lost expert. */
  private static final class LossyExperts implements ExpertLayer {
    private final ExpertLayer whole;
    private volatile Predicate<Integer> losing = call -> false;
    private int calls;

    LossyExperts(ExpertLayer whole) {
      this.whole = whole;
    }

    @Override
    public CombinedRows forward(
        int layer,
        Phase phase,
        float[] hidden,
        Routing routing,
        CallScope scope,
        RoutingObserver observer) {
      if (!losing.test(calls++)) {
        return whole.forward(layer, phase, hidden, routing, scope, observer);
      }
      Map<Integer, ServingException> failures = new HashMap<>();
      Map<Integer, Set<Integer>> missing = new HashMap<>();
      for (ExpertRows rows : ExpertRows.of(routing)) {
        if (rows.expert() == LOST) {
          for (int row : rows.rows()) {
            missing.put(row, Set.of(LOST));
            failures.put(
                row, ServingException.expertUnreachable(layer, "3", "a node", "gone", null));
          }
        }
      }
      CombinedRows left =
          whole.forward(layer, phase, hidden, without(routing), scope, RoutingObserver.NONE);
      return new CombinedRows(left.values(), failures, missing);
    }

    private static Routing without(Routing routing) {
      float[] weights = routing.weights().clone();
      for (int i = 0; i < weights.length; i++) {
        weights[i] = routing.experts()[i] == LOST ? 0 : weights[i];
      }
      return new Routing(routing.rows(), routing.expertsPerRow(), routing.experts(), weights);
    }
  }

  private CollectingSink submit(FailurePolicy policy) {
    CollectingSink sink = new CollectingSink();
    generator.submit(
        new GenerationRequest(
            "r",
            prompt,
            SamplingOptions.GREEDY,
            1,
            new StoppingOptions(TOKENS, List.of(), true),
            new RoutingOptions(RoutingRule.MODEL, Map.of(), 1, policy),
            OptionalInt.of(0),
            TraceOptions.NONE,
            1,
            Long.MAX_VALUE),
        sink);
    return sink;
  }

  private CollectingSink whole() throws Exception {
    CollectingSink sink = submit(FailurePolicy.FAIL);
    sink.end.get(1, TimeUnit.MINUTES);
    return sink;
  }

  @Test
  void whoWaitsGetsTheVeryAnswerOfTheWholeModel() throws Exception {
    CollectingSink expected = whole();
    Random random = new Random(20_261_125);
    // Every now and then, in prompt and continuation, and for several tries in a row.
    experts.losing = call -> call / 7 % 3 == 0 || random.nextInt(5) == 0;
    CollectingSink sink = submit(WAIT);
    assertThat(sink.end.get(1, TimeUnit.MINUTES).degraded()).isEqualTo(Degraded.NONE);
    assertThat(sink.ids()).containsExactly(expected.ids());
    assertThat(sink.logProbs()).isEqualTo(expected.logProbs());
  }

  @Test
  void whoDoesNotWaitFailsAtOnceAndOthersGoOn() throws Exception {
    CollectingSink expected = whole();
    experts.losing = call -> true;
    CollectingSink waiting = submit(WAIT);
    assertThatThrownBy(submit(FailurePolicy.FAIL).end::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE));
    assertThat(waiting.end).isNotDone();
    heal();
    waiting.end.get(1, TimeUnit.MINUTES);
    assertThat(waiting.ids()).containsExactly(expected.ids());
  }

  @Test
  void patienceEnds() {
    experts.losing = call -> true;
    long start = System.nanoTime();
    FailurePolicy patient = new FailurePolicy(Duration.ofMillis(300), Optional.empty());
    assertThat(submit(patient).end).failsWithin(Duration.ofMinutes(1));
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThan(Duration.ofMillis(190)); // the next try would be too late
  }

  @Test
  void aRequestThatWaitsCanBeCancelled() {
    experts.losing = call -> true;
    CollectingSink sink = new CollectingSink();
    Generation generation =
        generator.submit(
            new GenerationRequest(
                "r",
                prompt,
                SamplingOptions.GREEDY,
                1,
                new StoppingOptions(TOKENS, List.of(), true),
                new RoutingOptions(RoutingRule.MODEL, Map.of(), 1, WAIT),
                OptionalInt.empty(),
                TraceOptions.NONE,
                1,
                Long.MAX_VALUE),
            sink);
    generation.cancel();
    assertThat(sink.end).failsWithin(Duration.ofSeconds(20));
  }

  @Test
  void whoMayDropGoesOnAndIsTold() throws Exception {
    CollectingSink expected = whole();
    experts.losing = call -> true;
    FailurePolicy drop = new FailurePolicy(Duration.ZERO, Optional.of(new Drop(1, 1)));
    CollectingSink sink = submit(drop);
    FinishInfo info = sink.end.get(1, TimeUnit.MINUTES);
    assertThat(info.generatedTokens()).isEqualTo(TOKENS);
    assertThat(info.degraded().tokens()).isBetween(1, prompt.length + TOKENS);
    assertThat(info.degraded().experts()).containsExactly(LOST);
    assertThat(info.degraded().layers()).isNotEmpty();
    assertThat(sink.logProbs()).isNotEqualTo(expected.logProbs());
    heal();
    assertThat(whole().logProbs()).as("nothing of it is cached").isEqualTo(expected.logProbs());
  }

  @Test
  void tooManyTokensWithoutAnExpertEndTheRequest() {
    experts.losing = call -> true;
    FailurePolicy drop = new FailurePolicy(Duration.ZERO, Optional.of(new Drop(1, 0.01)));
    assertThatThrownBy(submit(drop).end::get)
        .cause()
        .hasMessageMatching("degraded tokens: \\d+ of 137 \\(expected: at most 0.01 of them\\)");
  }

  @Test
  void tooFewExpertsLeftEndTheRequest() {
    experts.losing = call -> true;
    FailurePolicy drop = new FailurePolicy(Duration.ZERO, Optional.of(new Drop(2, 1)));
    assertThatThrownBy(submit(drop).end::get).cause().hasMessageContaining("gone");
  }

  @Test
  void survivorsShareTheTotalWeight() {
    Random random = new Random(11);
    int rows = 50;
    int k = 3;
    int width = 4;
    int[] chosen = new int[rows * k];
    float[] weights = new float[rows * k];
    float[] outputs = new float[8 * width];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = (float) random.nextGaussian();
    }
    for (int row = 0; row < rows; row++) {
      int[] ids = random.ints(0, 8).distinct().limit(k).toArray();
      System.arraycopy(ids, 0, chosen, row * k, k);
      for (int i = 0; i < k; i++) {
        weights[row * k + i] = random.nextInt(5) == 0 ? 0 : random.nextFloat();
      }
    }
    Routing routing = new Routing(rows, k, chosen, weights);
    FailurePolicy drop = new FailurePolicy(Duration.ZERO, Optional.of(new Drop(2, 1)));
    var result =
        Survivors.of(
            partial(routing, outputs, width),
            routing,
            RoutedRows.of(rows, new RoutingOptions(RoutingRule.MODEL, Map.of(), 1, drop)));
    for (int row = 0; row < rows; row++) {
      int[] places = IntStream.range(row * k, (row + 1) * k).filter(p -> weights[p] != 0).toArray();
      int[] left = Arrays.stream(places).filter(p -> chosen[p] != LOST).toArray();
      if (left.length == places.length) {
        assertThat(result.degraded()).doesNotContainKey(row);
      } else if (left.length < 2) {
        assertThat(result.rows().failures()).containsKey(row);
      } else {
        assertThat(result.degraded()).containsEntry(row, Set.of(LOST));
        double all = Arrays.stream(places).mapToDouble(p -> weights[p]).sum();
        double own = Arrays.stream(left).mapToDouble(p -> weights[p]).sum();
        for (int i = 0; i < width; i++) {
          double expected = 0;
          for (int p : left) {
            expected += weights[p] / own * all * outputs[chosen[p] * width + i];
          }
          assertThat((double) result.rows().values()[row * width + i])
              .isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  private static CombinedRows partial(Routing routing, float[] outputs, int width) {
    float[] sum = new float[routing.rows() * width];
    Map<Integer, ServingException> failures = new HashMap<>();
    Map<Integer, Set<Integer>> missing = new HashMap<>();
    for (int place = 0; place < routing.experts().length; place++) {
      int row = place / routing.expertsPerRow();
      int expert = routing.experts()[place];
      float weight = routing.weights()[place];
      if (expert == LOST && weight != 0) {
        failures.put(row, ServingException.expertUnreachable(0, "3", "a node", "gone", null));
        missing.put(row, Set.of(LOST));
        continue;
      }
      for (int i = 0; i < width; i++) {
        sum[row * width + i] += weight * outputs[expert * width + i];
      }
    }
    return new CombinedRows(sum, failures, missing);
  }
}
