package io.ennead.router.trace;

import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Hands what happens to the rows of a step to the spans that are traced. Used by one thread. */
public final class StepTrace implements RoutingObserver {
  private final List<Optional<SpanTrace>> spans;
  private final @Nullable SpanTrace[] byRow;
  private final int[] firstRows;
  private final int[] spanOfRow;

  /**
   * A trace of a step.
   *
   * @param spans of the step, in order; empty: not traced
   * @param lengths rows of each span
   */
  public StepTrace(List<Optional<SpanTrace>> spans, int[] lengths) {
    int rows = java.util.Arrays.stream(lengths).sum();
    this.spans = List.copyOf(spans);
    this.byRow = new SpanTrace[rows];
    this.firstRows = new int[lengths.length];
    this.spanOfRow = new int[rows];
    int row = 0;
    for (int span = 0; span < lengths.length; span++) {
      firstRows[span] = row;
      for (int i = 0; i < lengths[span]; i++, row++) {
        byRow[row] = this.spans.get(span).filter(SpanTrace::full).orElse(null);
        spanOfRow[row] = span;
      }
    }
  }

  @Override
  public void routed(int layer, float[] hidden, float[] logits, Routing routing) {
    for (int span = 0; span < firstRows.length; span++) {
      int firstRow = firstRows[span];
      spans.get(span).ifPresent(trace -> trace.routed(layer, logits, routing, firstRow));
    }
  }

  @Override
  public boolean wants(int row) {
    return byRow[row] != null;
  }

  @Override
  public void contribution(int row, int expert, double norm, Origin origin) {
    SpanTrace trace = byRow[row];
    if (trace != null) {
      trace.contribution(row - firstRows[spanOfRow[row]], expert, norm, origin);
    }
  }
}
