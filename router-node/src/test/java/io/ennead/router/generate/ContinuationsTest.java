package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Several continuations of one prompt, which share its computation and its KV blocks. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class ContinuationsTest {
  private static final int BLOCKS = 8 * 64;
  private static final int CHUNK = LoadedModel.CHUNK;
  private static final RoutingOptions ROUTING =
      RoutingOptions.everywhere(RoutingRule.atTemperature(2).withMode(Mode.SAMPLED), 77);
  private static final TraceOptions FULL =
      new TraceOptions(TraceLevel.FULL, List.of(0, 1, 2, 3), false, 1 << 24);
  private static final ModelInfo INFO = DemoInfo.F32;

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final BatchGenerator generator =
      BatchGenerator.start(
          demo.model(),
          INFO,
          new ByteCodec(),
          Set.of(1),
          new SchedulerLimits(8, 8, CHUNK, 512, true),
          new BlockPool(BLOCKS, LoadedModel.BLOCK),
          registry,
          () -> {});

  @AfterEach
  void nothingIsLeft() {
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(gauge("ennead_kv_cache_usage_perc")).as("KV in use").isZero());
    assertThat(gauge("ennead_num_requests_running")).isZero();
    assertThat(gauge("ennead_num_requests_waiting")).isZero();
  }

  @AfterAll
  void close() {
    generator.close();
    demo.close();
  }

  /** Prompts that end within a block, at its end, within a chunk, and behind it. */
  @Test
  void eachHasTheBitsThatItsSeedGivesAlone() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int length : new int[] {1, 15, 16, 17, 63, CHUNK, CHUNK + 1, 2 * CHUNK, 150}) {
      int[] prompt = random.ints(length, 3, 4096).toArray();
      long first = random.nextLong();
      ContinuationSinks together = new ContinuationSinks(4);
      generator.submit(request(prompt, first, 4, 20), together);
      for (int i = 0; i < 4; i++) {
        ContinuationSinks alone = new ContinuationSinks(1);
        generator.submit(request(prompt, first + i, 1, 20), alone);
        String where = "seed %d length %d continuation %d".formatted(seed, length, i);
        assertThat(together.awaitContinuation(i)).as(where).isEqualTo(alone.awaitContinuation(0));
        assertThat(together.finish(i).seed()).as(where).isEqualTo(first + i);
        assertThat(together.finish(i).routing())
            .as(where)
            .usingRecursiveComparison()
            .isEqualTo(alone.finish(0).routing());
      }
    }
  }

  @Test
  void thePromptIsComputedOnceAndItsWholeBlocksAreHeldOnce() throws Exception {
    double rows = rows("prefill");
    int[] prompt = new Random(5).ints(100, 3, 4096).toArray();
    ContinuationSinks sinks = new ContinuationSinks(4);
    generator.submit(request(prompt, 1, 4, 60), sinks);
    sinks.awaitFirstToken();
    // 100 + 60 positions are 10 blocks of 16; 6 of them are whole and the prompt's.
    assertThat(gauge("ennead_kv_cache_usage_perc") * BLOCKS).isEqualTo(10 + 3 * 4);
    sinks.awaitAll();
    assertThat(rows("prefill") - rows).isEqualTo(100);
  }

  @Test
  void cancellingEndsAllBeforeAndAfterThePrompt() throws Exception {
    int[] prompt = new Random(6).ints(300, 3, 4096).toArray();
    ContinuationSinks early = new ContinuationSinks(3);
    generator.submit(request(prompt, 1, 3, 700), early).cancel();
    ContinuationSinks late = new ContinuationSinks(3);
    Generation running = generator.submit(request(prompt, 1, 3, 700), late);
    late.awaitFirstToken();
    running.cancel();
    nothingIsLeft();
  }

  @Test
  void asManyAsNeverFitAreRefusedAtOnce() {
    // 1 + 1000 positions are 63 blocks, none of them whole in the prompt: 9 x 63 of 512.
    int[] prompt = {0};
    assertThatThrownBy(
            () -> generator.submit(request(prompt, 1, 9, 1000), new ContinuationSinks(9)))
        .isInstanceOf(ServingException.class)
        .hasMessageStartingWith("n: 9 (expected: continuations that fit the KV cache: 567 blocks");
  }

  @Test
  void oneThatEndsAtOnceLeavesTheOthersRunning() throws Exception {
    ContinuationSinks sinks = new ContinuationSinks(8);
    GenerationRequest request = request(new int[] {0, 9, 8}, 3, 8, 40);
    GenerationRequest endable =
        new GenerationRequest(
            "r",
            request.prompt(),
            request.sampling(),
            3,
            new StoppingOptions(40, List.of("e"), false),
            request.routing(),
            OptionalInt.empty(),
            TraceOptions.NONE,
            8,
            Long.MAX_VALUE);
    generator.submit(endable, sinks);
    sinks.awaitAll();
    assertThat(sinks.lengths()).hasSize(8);
  }

  @Test
  void allSkipWhatThePrefixCacheHasAndKeepTheirBits() throws Exception {
    int[] prompt = new Random(8).ints(2 * CHUNK + 5, 3, 4096).toArray();
    List<ContinuationSinks> alone = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ContinuationSinks sinks = new ContinuationSinks(1);
      generator.submit(request(prompt, 50 + i, 1, 20, TraceOptions.NONE), sinks);
      sinks.awaitAll();
      assertThat(sinks.finish(0).cachedPromptTokens()).isEqualTo(i == 0 ? 0 : 2 * CHUNK);
      alone.add(sinks);
    }
    double rows = rows("prefill");
    ContinuationSinks together = new ContinuationSinks(3);
    generator.submit(request(prompt, 50, 3, 20, TraceOptions.NONE), together);
    for (int i = 0; i < 3; i++) {
      assertThat(together.awaitContinuation(i)).isEqualTo(alone.get(i).awaitContinuation(0));
      assertThat(together.finish(i).cachedPromptTokens()).isEqualTo(2 * CHUNK);
    }
    assertThat(rows("prefill") - rows).isEqualTo(5);
  }

  private static GenerationRequest request(int[] prompt, long seed, int n, int tokens) {
    return request(prompt, seed, n, tokens, FULL);
  }

  private static GenerationRequest request(
      int[] prompt, long seed, int n, int tokens, TraceOptions trace) {
    return new GenerationRequest(
        "r",
        prompt,
        SamplingOptions.DEFAULT,
        seed,
        new StoppingOptions(tokens, List.of(), true),
        ROUTING,
        OptionalInt.of(3),
        trace,
        n,
        Long.MAX_VALUE);
  }

  private double gauge(String name) {
    return ((GaugeSnapshot) metric(name)).getDataPoints().get(0).getValue();
  }

  private double rows(String phase) {
    return ((CounterSnapshot) metric("ennead_step_rows"))
        .getDataPoints().stream()
            .filter(point -> phase.equals(point.getLabels().get("phase")))
            .mapToDouble(point -> point.getValue())
            .sum();
  }

  private MetricSnapshot metric(String name) {
    return registry.scrape(name::equals).stream().findFirst().orElseThrow();
  }
}
