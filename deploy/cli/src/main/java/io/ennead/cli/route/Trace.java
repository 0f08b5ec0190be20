package io.ennead.cli.route;

import java.util.List;
import java.util.Optional;

/**
 * The routing of a sequence.
 *
 * @param first position of the first token told of
 * @param tokens number of tokens told of
 * @param truncated whether the router left out what follows, because its bound was reached
 * @param layers ascending; empty when no token is told of
 * @param loads ascending; of all tokens, those that were left out too
 */
public record Trace(
    int first, int tokens, boolean truncated, List<LayerRoutes> layers, List<LayerLoad> loads) {

  /** Position after the last token told of. */
  public int end() {
    return first + tokens;
  }

  /** Whether the token at a position is told of. */
  public boolean covers(int position) {
    return position >= first && position < end();
  }

  /** Index of a position, as {@link LayerRoutes} counts. */
  public int index(int position) {
    return position - first;
  }

  /** The same of a sequence without its first tokens, none of which are told of. */
  Trace from(int position) {
    List<LayerLoad> told = layers.stream().map(LayerLoad::of).toList();
    return new Trace(first - position, tokens, truncated, layers, told);
  }

  /** A layer's routing, if the trace tells of it and of the position. */
  Optional<LayerRoutes> routes(int layer, int position) {
    return layers.stream()
        .filter(routes -> routes.layer() == layer && covers(position))
        .findFirst();
  }

  /** The largest number of experts that are chosen for a token. */
  int mostChosen() {
    return layers.stream().mapToInt(LayerRoutes::expertsPerToken).max().orElse(0);
  }

  /** Indices of the layers told of. */
  public List<Integer> layerIds() {
    return layers.stream().map(LayerRoutes::layer).toList();
  }
}
