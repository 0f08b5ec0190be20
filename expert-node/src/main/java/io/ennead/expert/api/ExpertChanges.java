package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackSource;
import java.util.List;
import java.util.Optional;

/** Changes which experts a node holds while it serves. Thread-safe; one change at a time. */
public interface ExpertChanges {

  /**
   * Loads experts that are not held yet. Blocks until they are announced.
   *
   * @param experts of the model's layers and ids
   * @param pack that they come from, and that gives them their ids; empty: the model's own
   * @return what is served from now on
   * @throws ServingException INVALID_FIELD, QUEUE_FULL, NODE_DRAINING or ENGINE_FAILURE
   */
  ServedExperts load(List<ExpertId> experts, Optional<PackSource> pack);

  /**
   * Frees experts that are held. Blocks until their memory is free.
   *
   * @param experts of the model's layers, whatever their ids
   * @return what is served from now on
   * @throws ServingException QUEUE_FULL or NODE_DRAINING
   */
  ServedExperts unload(List<ExpertId> experts);
}
