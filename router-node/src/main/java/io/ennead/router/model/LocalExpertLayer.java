package io.ennead.router.model;

import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.wire.Rows;
import java.util.List;
import java.util.Map;

/** {@link ExpertLayer} in this process: the reference that the cluster must equal bit for bit. */
public final class LocalExpertLayer implements ExpertLayer {
  private static final Origin HERE = new Origin("this process", false);

  private final ExpertEngine engine;

  /** Runs experts on an engine, which stays the caller's. */
  public LocalExpertLayer(ExpertEngine engine) {
    this.engine = engine;
  }

  @Override
  public CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer) {
    List<ExpertRows> perExpert = ExpertRows.of(routing);
    List<Slice> slices =
        perExpert.stream().map(rows -> new Slice(rows.expert(), rows.rows())).toList();
    Rows outputs = engine.run(layer, tile(phase), Rows.of(hidden, engine.hidden()), slices);
    float[] sum = new float[routing.rows() * engine.hidden()];
    int outputRow = 0;
    for (ExpertRows rows : perExpert) {
      rows.addTo(sum, outputs, outputRow);
      rows.report(observer, HERE, outputs, outputRow);
      outputRow += rows.rows().length;
    }
    return new CombinedRows(sum, Map.of());
  }

  private static Tile tile(Phase phase) {
    return switch (phase) {
      case DECODE -> Tile.DECODE;
      case PREFILL -> Tile.PREFILL;
    };
  }
}
