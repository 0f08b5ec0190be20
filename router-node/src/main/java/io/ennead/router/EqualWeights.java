package io.ennead.router;

import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import java.util.Arrays;

/** A layer's experts without a gate: every chosen expert counts alike. */
final class EqualWeights {
  private EqualWeights() {}

  static float[] forward(
      ExpertLayer experts, int layer, Tile tile, float[] rows, int expertsPerRow, int[] chosen) {
    float[] weights = new float[chosen.length];
    Arrays.fill(weights, 1);
    Routing routing = new Routing(chosen.length / expertsPerRow, expertsPerRow, chosen, weights);
    CombinedRows combined =
        experts.forward(
            layer, phase(tile), rows, routing, CallScope.unbounded(), RoutingObserver.NONE);
    combined.failures().values().stream()
        .findFirst()
        .ifPresent(
            failure -> {
              throw failure;
            });
    return combined.values();
  }

  private static Phase phase(Tile tile) {
    return switch (tile) {
      case DECODE -> Phase.DECODE;
      case PREFILL -> Phase.PREFILL;
    };
  }
}
