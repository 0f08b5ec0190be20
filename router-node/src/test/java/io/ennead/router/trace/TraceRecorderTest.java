package io.ennead.router.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Gate;
import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.ScoredGate;
import io.ennead.wire.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows of several sequences through a step, against plain sums. */
class TraceRecorderTest {
  private static final int EXPERTS = 6;
  private static final int WIDTH = 5;
  private static final List<Integer> LAYERS = List.of(1, 2);

  private final Gate gate = new ScoredGate(GateConfig.softmax(EXPERTS, 3, false), Map.of());

  /** A step of three sequences, of which the second is not traced. */
  private final class Step {
    private final Random random;
    private final RoutingOptions[] options;
    private final int[] lengths;
    private final List<Optional<SpanTrace>> spans = new ArrayList<>();
    private final float[][] logits = new float[3][];
    private final Routing[] routing = new Routing[3];
    private final double[][][] norms = new double[3][][]; // layer, row, expert

    Step(long seed, TraceRecorder... recorders) {
      random = new Random(seed);
      options = new RoutingOptions[3];
      lengths = new int[] {1 + random.nextInt(5), 1 + random.nextInt(3), 1 + random.nextInt(4)};
      for (int i = 0; i < 3; i++) {
        options[i] = OPTIONS[i];
      }
      spans.add(Optional.of(recorders[0].begin(10, lengths[0])));
      spans.add(Optional.empty());
      spans.add(Optional.of(recorders[1].begin(3, lengths[2])));
      StepTrace trace = new StepTrace(spans, lengths);
      for (int layer = 0; layer < 3; layer++) {
        run(layer, trace);
      }
    }

    private void run(int layer, StepTrace trace) {
      int rows = Arrays.stream(lengths).sum();
      logits[layer] = gaussian(rows * EXPERTS);
      List<RoutingOptions> perRow = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        for (int row = 0; row < lengths[i]; row++) {
          perRow.add(options[i]);
        }
      }
      routing[layer] = gate.route(layer, logits[layer], new RoutedRows(perRow, new int[rows]));
      trace.routed(layer, new float[0], logits[layer], routing[layer]);
      norms[layer] = new double[rows][EXPERTS];
      for (ExpertRows expert : ExpertRows.of(routing[layer])) {
        float[] outputs = gaussian(expert.rows().length * WIDTH);
        for (int i = 0; i < expert.rows().length; i++) {
          double sum = 0;
          for (int j = 0; j < WIDTH; j++) {
            sum += Math.pow(expert.weights()[i] * (double) outputs[i * WIDTH + j], 2);
          }
          norms[layer][expert.rows()[i]][expert.expert()] = Math.sqrt(sum);
        }
        Origin origin = new Origin("node " + expert.expert() % 2, expert.expert() == 4);
        expert.report(trace, origin, Rows.of(outputs, WIDTH), 0);
      }
    }

    private float[] gaussian(int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }
  }

  private static final RoutingOptions[] OPTIONS = {
    RoutingOptions.everywhere(RoutingRule.atTemperature(0.5), 1),
    RoutingOptions.everywhere(RoutingRule.MODEL.withExpertsPerToken(5), 1),
    RoutingOptions.everywhere(RoutingRule.MODEL.withExpertsPerToken(2), 1)
  };

  private TraceRecorder recorder(TraceLevel level, int option, long maxBytes, boolean omitPrompt) {
    return new TraceRecorder(
        new TraceOptions(level, LAYERS, omitPrompt, maxBytes), gate, OPTIONS[option], 8);
  }

  @Test
  void fullTracesHoldWhatGateAndExpertsDid() {
    long first = new Random().nextLong();
    for (long seed = first; seed < first + 200; seed++) {
      TraceRecorder a = recorder(TraceLevel.FULL, 0, 1 << 20, false);
      TraceRecorder c = recorder(TraceLevel.FULL, 2, 1 << 20, false);
      Step step = new Step(seed, a, c);
      RoutingTrace traceA = a.commit(step.spans.get(0).orElseThrow()).get(0);
      RoutingTrace traceC = c.commit(step.spans.get(2).orElseThrow()).get(0);
      assertThat(traceA.firstPosition()).isEqualTo(10);
      assertThat(traceC.firstPosition()).isEqualTo(3);
      assertTrace(traceA, step, 0, 3, 0.5, "seed " + seed);
      assertTrace(traceC, step, step.lengths[0] + step.lengths[1], 2, 1, "seed " + seed);
    }
  }

  private static void assertTrace(
      RoutingTrace trace, Step step, int firstRow, int k, double t, String where) {
    assertThat(trace.layers()).extracting(LayerTrace::layer).containsExactly(1, 2);
    for (LayerTrace layer : trace.layers()) {
      Routing routing = step.routing[layer.layer()];
      assertThat(layer.expertsPerToken()).as(where).isEqualTo(k);
      for (int token = 0; token < trace.tokens(); token++) {
        int row = firstRow + token;
        float[] logits =
            Arrays.copyOfRange(step.logits[layer.layer()], row * EXPERTS, (row + 1) * EXPERTS);
        assertThat(Arrays.copyOfRange(layer.logits(), token * EXPERTS, (token + 1) * EXPERTS))
            .as(where)
            .containsExactly(logits);
        assertProbabilities(layer, token, logits, t, where);
        double[] norms = step.norms[layer.layer()][row];
        double all = Arrays.stream(norms).sum();
        for (int place = 0; place < k; place++) {
          int from = row * routing.expertsPerRow() + place;
          int at = token * k + place;
          int expert = routing.experts()[from];
          assertThat(layer.experts()[at]).as(where).isEqualTo(expert);
          assertThat(layer.weights()[at]).as(where).isEqualTo(routing.weights()[from]);
          assertThat((double) layer.shares()[at])
              .as(where)
              .isCloseTo(norms[expert] / all, within(1e-6));
          assertThat(trace.nodes().get(layer.node()[at] - 1))
              .as(where)
              .isEqualTo("node " + expert % 2);
          assertThat(layer.retried()[at]).as(where).isEqualTo(expert == 4);
        }
      }
    }
  }

  private static void assertProbabilities(
      LayerTrace layer, int token, float[] logits, double t, String where) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit / t);
    }
    double entropy = 0;
    for (int expert = 0; expert < EXPERTS; expert++) {
      double p = Math.exp(logits[expert] / t) / sum;
      entropy -= p * Math.log(p);
      assertThat((double) layer.probabilities()[token * EXPERTS + expert])
          .as(where)
          .isCloseTo(p, within(1e-6));
    }
    assertThat((double) layer.entropies()[token]).as(where).isCloseTo(entropy, within(1e-6));
  }

  @Test
  void theSummaryIsTheSumOfTheFullTraces() {
    long first = new Random().nextLong();
    TraceRecorder full = recorder(TraceLevel.FULL, 0, 1 << 20, false);
    TraceRecorder summary = recorder(TraceLevel.SUMMARY, 0, 1 << 20, false);
    TraceRecorder other = recorder(TraceLevel.FULL, 2, 1 << 20, false);
    double[] entropy = new double[3];
    double[] top1 = new double[3];
    long[][] tokens = new long[3][EXPERTS];
    long count = 0;
    for (long seed = first; seed < first + 50; seed++) {
      Step step = new Step(seed, full, other);
      RoutingTrace trace = full.commit(step.spans.get(0).orElseThrow()).get(0);
      count += trace.tokens();
      for (LayerTrace layer : trace.layers()) {
        for (int place = 0; place < layer.experts().length; place++) {
          tokens[layer.layer()][layer.experts()[place]] += layer.weights()[place] > 0 ? 1 : 0;
        }
        for (int token = 0; token < trace.tokens(); token++) {
          entropy[layer.layer()] += layer.entropies()[token];
          double total =
              layer.weights()[3 * token]
                  + (double) layer.weights()[3 * token + 1]
                  + layer.weights()[3 * token + 2];
          top1[layer.layer()] += layer.weights()[3 * token] / total;
        }
      }
      assertThat(summary.commit(new Step(seed, summary, other).spans.get(0).orElseThrow()))
          .isEmpty();
    }
    for (LayerSummary layer : full.summary()) {
      String where = "seed " + first;
      assertThat(layer.tokens()).as(where).isEqualTo(count);
      assertThat(layer.expertTokens()).as(where).containsExactly(tokens[layer.layer()]);
      assertThat(layer.meanEntropy())
          .as(where)
          .isCloseTo(entropy[layer.layer()] / count, within(1e-6));
      assertThat(layer.top1Share()).as(where).isCloseTo(top1[layer.layer()] / count, within(1e-6));
    }
    assertThat(summary.summary()).usingRecursiveComparison().isEqualTo(full.summary());
  }

  @Test
  void beyondItsBoundATraceIsTruncatedAndSaysSoWhileTheSummaryGoesOn() {
    long perToken = 2 * LayerTrace.bytesPerToken(EXPERTS, 3);
    TraceRecorder recorder = recorder(TraceLevel.FULL, 0, 7 * perToken, false);
    TraceRecorder other = recorder(TraceLevel.FULL, 2, 1 << 20, false);
    int told = 0;
    int computed = 0;
    int truncated = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Step step = new Step(seed, recorder, other);
      computed += step.lengths[0];
      for (RoutingTrace piece : recorder.commit(step.spans.get(0).orElseThrow())) {
        assertThat(truncated).as("nothing follows a truncated piece").isZero();
        told += piece.tokens();
        truncated += piece.truncated() ? 1 : 0;
      }
    }
    assertThat(told).isEqualTo(7);
    assertThat(truncated).isEqualTo(1);
    assertThat(recorder.summary().get(0).tokens()).isEqualTo(computed);
  }

  @Test
  void longTracesComeInPiecesThatJoinToTheWhole() {
    ScoredGate wide = ScoredGate.softmax(512, 8);
    TraceOptions options =
        new TraceOptions(TraceLevel.FULL, List.of(0, 1, 2), false, Long.MAX_VALUE);
    RoutingOptions routing = RoutingOptions.DEFAULT;
    TraceRecorder recorder = new TraceRecorder(options, wide, routing, 0);
    int tokens = 200; // 12 KiB a token: 2.5 MiB
    SpanTrace span = recorder.begin(0, tokens);
    StepTrace step = new StepTrace(List.of(Optional.of(span)), new int[] {tokens});
    Random random = new Random(4);
    float[] logits = new float[tokens * 512];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextFloat();
    }
    for (int layer = 0; layer < 3; layer++) {
      step.routed(
          layer, new float[0], logits, wide.route(layer, logits, RoutedRows.of(tokens, routing)));
    }
    List<RoutingTrace> pieces = recorder.commit(span);
    assertThat(pieces.size()).isGreaterThan(2);
    int next = 0;
    for (RoutingTrace piece : pieces) {
      assertThat(piece.firstPosition()).isEqualTo(next);
      assertThat(piece.tokens() * 3 * LayerTrace.bytesPerToken(512, 8))
          .isLessThanOrEqualTo(1 << 20);
      assertThat(piece.layers().get(2).logits())
          .containsExactly(Arrays.copyOfRange(logits, next * 512, (next + piece.tokens()) * 512));
      next += piece.tokens();
    }
    assertThat(next).isEqualTo(tokens);
  }

  @Test
  void thePromptMayBeLeftOutOfTheFullTraceAndIsCountedAllTheSame() {
    TraceRecorder recorder = recorder(TraceLevel.FULL, 0, 1 << 20, true);
    SpanTrace prompt = recorder.begin(0, 8);
    assertThat(prompt.full()).isFalse();
    assertThat(recorder.begin(8, 1).full()).isTrue();
  }
}
