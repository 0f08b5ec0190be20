package io.ennead.expert;

import io.ennead.expert.api.ServedExperts;
import io.ennead.expert.engine.ExpertEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What loading leaves behind: the snapshot to serve, and the engine to close after its batcher. */
record LoadedNode(ServedExperts served, ExpertEngine engine) implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(LoadedNode.class);

  @Override
  public void close() {
    served.batcher().close();
    if (served.batcher().stopped()) {
      engine.close();
    } else { // freeing memory that a run still reads would end the process
      logger.error("the engine still computes; it is left to the end of the process");
    }
  }
}
