package io.ennead.cli.route;

import java.util.Optional;

/**
 * What a page shows.
 *
 * @param layer whose top experts colour the text
 */
public record Picture(Run run, int layer, Comparison comparison) {

  Trace trace() {
    return run.trace();
  }

  LayerRoutes colouring() {
    return trace().layers().stream()
        .filter(routes -> routes.layer() == layer)
        .findFirst()
        .orElseThrow(() -> new TraceException("the trace has no layer " + layer));
  }

  /** The token at a position for a title: position, text, and whose it is. */
  String tokenTitle(int position) {
    return "token %d “%s”%s"
        .formatted(
            position,
            Visible.of(run.tokens().get(position)),
            run.generated(position) ? ", generated" : "");
  }

  /** Position of the first token of the continuation, if the trace tells of it. */
  Optional<Integer> firstGenerated() {
    return trace().covers(run.promptTokens()) ? Optional.of(run.promptTokens()) : Optional.empty();
  }
}
