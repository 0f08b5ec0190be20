package io.ennead.expert;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.Rows;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One pass through experts in both tiles, before the first caller has to wait for memory pools and
 * kernels to be set up. Weights that give NaN show here.
 */
final class WarmUp {
  private WarmUp() {}

  static void run(ExpertEngine engine, Collection<ExpertId> experts) {
    Rows row = Rows.of(probe(engine.hidden()), engine.hidden());
    Map<Integer, List<Slice>> byLayer =
        experts.stream()
            .collect(
                Collectors.groupingBy(
                    ExpertId::layer,
                    Collectors.mapping(
                        id -> new Slice(id.expert(), new int[] {0}), Collectors.toList())));
    byLayer.forEach(
        (layer, slices) -> {
          for (Tile tile : Tile.values()) {
            requireFinite(engine.run(layer, tile, row, slices).toArray(), layer);
          }
        });
  }

  /** Values of the size that a norm gives: within [-1, 1], no two neighbours equal. */
  private static float[] probe(int hidden) {
    float[] row = new float[hidden];
    for (int i = 0; i < hidden; i++) {
      row[i] = (float) Math.sin(i + 1.0);
    }
    return row;
  }

  private static void requireFinite(float[] outputs, int layer) {
    for (float value : outputs) {
      if (!Float.isFinite(value)) {
        throw new IllegalStateException(
            "warm-up of layer %d: %s (expected: finite outputs)".formatted(layer, value));
      }
    }
  }
}
