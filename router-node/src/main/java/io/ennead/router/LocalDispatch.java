package io.ennead.router;

import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.moe.ExpertLayer;

/**
 * The same as {@link ExpertDispatch} with the experts in this process: what a benchmark of the
 * transport compares it with. Safe for use by several threads.
 */
public final class LocalDispatch {
  private final ExpertLayer layer;

  /** Runs experts on an engine, which stays the caller's. */
  public LocalDispatch(ExpertEngine engine) {
    this.layer = new LocalExpertLayer(engine);
  }

  /** As {@link ExpertDispatch#forward}. */
  public float[] forward(int layer, Tile tile, float[] rows, int expertsPerRow, int[] experts) {
    return EqualWeights.forward(this.layer, layer, tile, rows, expertsPerRow, experts);
  }
}
