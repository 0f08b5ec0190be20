package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Runs one sequence step by step, the plainest way there is, and keeps what came out. */
final class Runner implements StepObserver {
  final List<float[]> logits = new ArrayList<>();
  final List<float[]> hidden = new ArrayList<>();
  final List<List<float[]>> gateLogits = new ArrayList<>();
  final List<List<int[]>> experts = new ArrayList<>();
  final List<List<float[]>> weights = new ArrayList<>();
  private final MoeModel model;
  private final int[] blocks;
  private final RoutingOptions routing;

  Runner(MoeModel model, int firstBlock, RoutingOptions routing) {
    this.model = model;
    this.blocks = IntStream.range(firstBlock, firstBlock + 64).toArray();
    this.routing = routing;
    for (int layer = 0; layer < model.config().layers().size(); layer++) {
      gateLogits.add(new ArrayList<>());
      experts.add(new ArrayList<>());
      weights.add(new ArrayList<>());
    }
  }

  /** Logits of every position of the prompt. */
  void prefill(int[] ids) {
    for (int start = 0; start < ids.length; start += LoadedModel.CHUNK) {
      int end = Math.min(ids.length, start + LoadedModel.CHUNK);
      run(Phase.PREFILL, Arrays.copyOfRange(ids, start, end), start);
    }
  }

  /** Greedy tokens after the prompt. */
  int[] decode(int position, int count) {
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = argmax(logits.get(logits.size() - 1));
      run(Phase.DECODE, new int[] {tokens[i]}, position + i);
    }
    return tokens;
  }

  void run(Phase phase, int[] ids, int start) {
    Span span = new Span(ids, start, blocks, routing, Logits.ALL);
    assertThat(model.run(new Step(phase, List.of(span)), CallScope.unbounded(), this)).isEmpty();
  }

  @Override
  public void routed(int layer, float[] hidden, float[] values, Routing chosen) {
    int width = model.config().experts();
    for (int row = 0; row < chosen.rows(); row++) {
      int k = chosen.expertsPerRow();
      gateLogits.get(layer).add(Arrays.copyOfRange(values, row * width, (row + 1) * width));
      experts.get(layer).add(Arrays.copyOfRange(chosen.experts(), row * k, (row + 1) * k));
      weights.get(layer).add(Arrays.copyOfRange(chosen.weights(), row * k, (row + 1) * k));
    }
  }

  @Override
  public boolean wantsHidden(int span) {
    return true;
  }

  @Override
  public void hidden(int span, int row, float[] values) {
    hidden.add(values);
  }

  @Override
  public void logits(int span, int row, float[] values, int offset) {
    logits.add(Arrays.copyOfRange(values, offset, offset + model.config().vocabularySize()));
  }

  static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
