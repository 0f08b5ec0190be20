package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.ScoreJob.Detail;
import io.ennead.router.generate.ScoreJob.Run;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.Golden;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Temperature;
import io.ennead.router.sample.TemperatureSchedule;
import io.ennead.router.trace.LayerTrace;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What traces of requests to the demo model say, against an independent implementation's records.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class TracedRequestsTest {
  private static final int BLOCKS = 8 * 64;
  private static final TraceOptions FULL =
      new TraceOptions(TraceLevel.FULL, List.of(0, 1, 2, 3), false, 1 << 24);
  private static final ModelInfo INFO = DemoInfo.F32;

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private final BatchGenerator generator =
      BatchGenerator.start(
          demo.model(),
          INFO,
          new ByteCodec(),
          Set.of(1),
          new SchedulerLimits(8, 64, LoadedModel.CHUNK, 256, true),
          new BlockPool(BLOCKS, LoadedModel.BLOCK),
          new PrometheusRegistry(),
          () -> {});

  @AfterAll
  void close() {
    generator.close();
    demo.close();
  }

  static List<Golden> goldens() {
    return Golden.all().toList();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void aPromptsTraceIsTheRecordedRouting(Golden golden) throws Exception {
    CollectingSink sink = submit(golden.inputIds(), SamplingOptions.GREEDY, 4);
    FinishInfo end = sink.end.get();
    int next = 0;
    for (RoutingTrace trace : sink.traces()) {
      assertThat(trace.firstPosition()).isEqualTo(next);
      for (LayerTrace layer : trace.layers()) {
        for (int token = 0; token < trace.tokens(); token++) {
          assertRecorded(golden, layer, token, trace.firstPosition() + token);
        }
      }
      next += trace.tokens();
    }
    assertThat(next)
        .as("all but the last token, which is not fed")
        .isEqualTo(golden.inputIds().length + 3);
    assertThat(end.routing())
        .hasSize(4)
        .allMatch(layer -> layer.tokens() == golden.inputIds().length + 3);
  }

  private static void assertRecorded(Golden golden, LayerTrace layer, int token, int position) {
    Golden.Router recorded = golden.router();
    if (position >= golden.inputIds().length) {
      return;
    }
    int[] experts = recorded.experts()[layer.layer()][position];
    assertThat(Arrays.copyOfRange(layer.experts(), 2 * token, 2 * token + 2))
        .containsExactly(experts);
    for (int place = 0; place < 2; place++) {
      assertThat((double) layer.weights()[2 * token + place])
          .isCloseTo(recorded.weights()[layer.layer()][position][place], within(1e-4));
      assertThat(layer.node()[2 * token + place]).isEqualTo(1);
    }
    if (position < recorded.logitsPositions()) {
      for (int expert = 0; expert < 8; expert++) {
        assertThat((double) layer.logits()[8 * token + expert])
            .isCloseTo(recorded.logits()[layer.layer()][position][expert], within(1e-4));
      }
    }
    double shares = layer.shares()[2 * token] + (double) layer.shares()[2 * token + 1];
    assertThat(shares).isCloseTo(1, within(1e-6));
  }

  @Test
  void aScoresTraceHasTheBitsOfAPromptsTrace() throws Exception {
    int[] ids = goldens().get(9).inputIds();
    CollectingSink sink = submit(ids, SamplingOptions.GREEDY, 1);
    sink.end.get();
    ScoredTokens scores =
        generator
            .score(
                new ScoreJob(
                    ids,
                    1,
                    Optional.of(new Detail(0, 0)),
                    List.of(new Run(ids.length, new double[0])),
                    RoutingOptions.DEFAULT,
                    FULL,
                    Long.MAX_VALUE))
            .get();
    ScoreTrace trace = scores.trace().orElseThrow();
    assertThat(trace.routing().get(0).tokens()).isEqualTo(ids.length - 1);
    List<RoutingTrace> generated = sink.traces();
    // The last chunk is one token shorter: whole chunks are compared.
    for (int i = 0; i < trace.pieces().size() - 1; i++) {
      assertThat(ContinuationSinks.text(trace.pieces().get(i)))
          .isEqualTo(ContinuationSinks.text(generated.get(i)));
    }
    assertThat(trace.pieces().size()).isGreaterThan(2);
  }

  @Test
  void aScheduleTellsTheTemperatureOfEveryToken() throws Exception {
    SamplingOptions sampling =
        SamplingOptions.DEFAULT.withTemperature(
            new Temperature(
                0.5,
                new TemperatureSchedule.Piecewise(
                    List.of(
                        new TemperatureSchedule.Step(2, 1.5),
                        new TemperatureSchedule.Step(4, 0)))));
    CollectingSink sink = submit(new int[] {0, 9, 8}, sampling, 6);
    sink.end.get();
    assertThat(sink.draws())
        .extracting(DrawTrace::temperature)
        .containsExactly(0.5, 0.5, 1.5, 1.5, 0.0, 0.0);
    assertThat(sink.draws())
        .extracting(DrawTrace::candidates)
        .endsWith(1, 1)
        .first()
        .isEqualTo(4096);
    assertThat(sink.draws().get(5).entropy()).isZero();
    assertThat(sink.draws().get(2).entropy()).isBetween(0.0, Math.log(4096));
  }

  @Test
  void withoutATraceNothingIsTold() throws Exception {
    CollectingSink sink = new CollectingSink();
    generator.submit(request(new int[] {0}, SamplingOptions.GREEDY, 3, TraceOptions.NONE), sink);
    assertThat(sink.end.get().routing()).isEmpty();
    assertThat(sink.traces()).isEmpty();
    assertThat(sink.draws()).isEmpty();
  }

  private CollectingSink submit(int[] prompt, SamplingOptions sampling, int tokens) {
    CollectingSink sink = new CollectingSink();
    generator.submit(request(prompt, sampling, tokens, FULL), sink);
    return sink;
  }

  private static GenerationRequest request(
      int[] prompt, SamplingOptions sampling, int tokens, TraceOptions trace) {
    return new GenerationRequest(
        "r",
        prompt,
        sampling,
        1,
        new StoppingOptions(tokens, List.of(), true),
        RoutingOptions.DEFAULT,
        OptionalInt.empty(),
        trace,
        1,
        Long.MAX_VALUE);
  }
}
