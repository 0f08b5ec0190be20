package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.Scheduler.Batch;
import io.ennead.router.model.Span;
import io.ennead.router.model.StepObserver;
import io.ennead.router.moe.FailurePolicy.Drop;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.trace.DecisionRecorder;
import io.ennead.router.trace.SpanTrace;
import io.ennead.router.trace.StepTrace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a step gives: logits go to the tasks, which say how each sequence goes on; what was recorded
 * of the routing goes to those who asked for it. Used by the loop's thread.
 */
final class StepResults implements StepObserver {
  private final Batch batch;
  private final GateMetrics gate;
  private final List<Optional<SpanTrace>> traces = new ArrayList<>();
  private final List<Choices> choices = new ArrayList<>();
  private final RoutingObserver routing;
  private final Set<Integer> told = new HashSet<>();

  // By row of the step, then by layer.
  private final Map<Integer, Map<Integer, Set<Integer>>> missing = new HashMap<>();
  private final Map<Sequence, OptionalInt> next = new IdentityHashMap<>();
  private final Map<Sequence, ServingException> failures = new IdentityHashMap<>();

  StepResults(Batch batch, GateMetrics gate) {
    this.batch = batch;
    this.gate = gate;
    for (int span = 0; span < batch.sequences().size(); span++) {
      traces.add(begin(batch.sequences().get(span), batch.step().spans().get(span)));
    }
    findChoices();
    this.routing =
        traces.stream().allMatch(Optional::isEmpty)
            ? RoutingObserver.NONE
            : new StepTrace(traces, lengths(batch));
  }

  /** Where the step computes a generated token whose drawn experts are recorded. */
  private record Choices(int span, int row, DecisionRecorder recorder) {}

  private void findChoices() {
    int row = 0;
    for (int span = 0; span < batch.sequences().size(); span++) {
      Sequence sequence = batch.sequences().get(span);
      Optional<DecisionRecorder> recorder = sequence.task().decisions();
      if (recorder.isPresent() && !sequence.prefilling()) {
        choices.add(new Choices(span, row, recorder.get()));
      }
      row += batch.step().spans().get(span).ids().length;
    }
  }

  private static Optional<SpanTrace> begin(Sequence sequence, Span span) {
    return sequence
        .task()
        .recorder()
        .map(recorder -> recorder.begin(span.start(), span.ids().length));
  }

  private static int[] lengths(Batch batch) {
    return batch.step().spans().stream().mapToInt(span -> span.ids().length).toArray();
  }

  /** What went wrong with a sequence's own numbers. */
  @Nullable ServingException failure(Sequence sequence) {
    return failures.get(sequence);
  }

  /** The token that a sequence goes on with. */
  OptionalInt next(Sequence sequence) {
    return next.getOrDefault(sequence, OptionalInt.empty());
  }

  /** Hands over what was recorded of a span that succeeded; once. */
  void tell(int span) {
    if (told.add(span)) {
      batch.sequences().get(span).degrade(degraded(span));
      traces.get(span).ifPresent(trace -> tell(batch.sequences().get(span), trace));
      commit(span);
    }
  }

  // No stream: every sequence of every step comes here, and few are learned from.
  private void commit(int span) {
    for (var own : choices) {
      if (own.span() == span) {
        own.recorder().commit();
      }
    }
  }

  private Degraded degraded(int span) {
    Degraded sum = Degraded.NONE;
    if (!missing.isEmpty()) {
      List<Span> spans = batch.step().spans();
      int first = spans.subList(0, span).stream().mapToInt(before -> before.ids().length).sum();
      for (int row = first; row < first + spans.get(span).ids().length; row++) {
        Map<Integer, Set<Integer>> byLayer = missing.get(row);
        sum = byLayer == null ? sum : sum.plus(Degraded.token(byLayer));
      }
    }
    return sum;
  }

  @Override
  public void degraded(int layer, int row, Set<Integer> experts) {
    missing.computeIfAbsent(row, none -> new HashMap<>()).put(layer, experts);
  }

  /** A prompt's earlier chunks in the same step come first. */
  private void tellUpTo(int last, Sequence sequence) {
    for (int span = 0; span <= last; span++) {
      if (batch.sequences().get(span) == sequence) {
        tell(span);
      }
    }
  }

  private static void tell(Sequence sequence, SpanTrace trace) {
    SequenceTask task = sequence.task();
    task.recorder().ifPresent(recorder -> recorder.commit(trace).forEach(task::traced));
    for (Sequence sibling : sequence.siblings()) {
      sibling.task().recorder().ifPresent(recorder -> recorder.count(trace));
    }
  }

  @Override
  public void routed(int layer, float[] hidden, float[] logits, Routing chosen) {
    gate.routed(logits, chosen.rows());
    routing.routed(layer, hidden, logits, chosen);
    choices.forEach(own -> own.recorder().routed(layer, logits, chosen, own.row()));
  }

  @Override
  public boolean wants(int row) {
    return routing.wants(row);
  }

  @Override
  public void contribution(int row, int expert, double norm, Origin origin) {
    routing.contribution(row, expert, norm, origin);
  }

  @Override
  public boolean wantsHidden(int span) {
    return batch.sequences().get(span).task().wantsHidden();
  }

  @Override
  public void hidden(int span, int row, float[] hidden) {
    int position = batch.step().spans().get(span).start() + row;
    batch.sequences().get(span).task().hidden(position, hidden);
  }

  @Override
  public void logits(int span, int row, float[] logits, int offset) {
    Sequence sequence = batch.sequences().get(span);
    tellUpTo(span, sequence);
    int position = batch.step().spans().get(span).start() + row;
    accept(sequence, position, logits, offset);
    sequence.siblings().forEach(sibling -> accept(sibling, position, logits, offset));
  }

  private static void requireWholeEnough(Sequence sequence, int tokens) {
    int degraded = sequence.degraded().tokens();
    double most = sequence.routing().failure().drop().map(Drop::maxShare).orElse(1.0);
    if (degraded > most * tokens) {
      throw ServingException.tooDegraded(degraded, tokens, most);
    }
  }

  private void accept(Sequence sequence, int position, float[] logits, int offset) {
    try {
      requireWholeEnough(sequence, position + 1);
      next.put(sequence, sequence.task().accept(position, logits, offset));
    } catch (ServingException e) { // one sequence's numbers say nothing about its neighbours
      failures.put(sequence, e);
    }
  }
}
