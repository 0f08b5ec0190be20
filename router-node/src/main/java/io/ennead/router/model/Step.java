package io.ennead.router.model;

import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.RoutingOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * One pass through all layers for many sequences.
 *
 * @param phase decides the tile; in {@link Phase#DECODE} every span has one token
 * @param spans at least one; two spans of one sequence stand in order
 */
public record Step(Phase phase, List<Span> spans) {
  /** Copies the list. */
  public Step {
    spans = List.copyOf(spans);
  }

  /** Rows of all spans. */
  public int rows() {
    return spans.stream().mapToInt(span -> span.ids().length).sum();
  }

  /** Routing options and position of every row. */
  RoutedRows routedRows() {
    List<RoutingOptions> options = new ArrayList<>();
    int[] positions = new int[rows()];
    for (Span span : spans) {
      for (int i = 0; i < span.ids().length; i++) {
        positions[options.size()] = span.start() + i;
        options.add(span.routing());
      }
    }
    return new RoutedRows(options, positions);
  }
}
