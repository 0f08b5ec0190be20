package io.ennead.expert;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import java.util.List;
import java.util.function.Consumer;

/** Loads experts into an engine. */
@FunctionalInterface
public interface EngineLoader {
  /**
   * Blocks until the experts are loaded. An exception of {@code progress} ends the load.
   *
   * @param experts ids, held for every layer
   */
  ExpertEngine load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions options,
      Consumer<LoadProgress> progress);
}
