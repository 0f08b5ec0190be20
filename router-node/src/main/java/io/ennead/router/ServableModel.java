package io.ennead.router;

import io.ennead.expert.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Whether a cluster could serve a model directory; no weight is loaded. */
public final class ServableModel {
  private ServableModel() {}

  /**
   * Checks everything that the nodes would refuse: the dense weights, every expert, the tokenizer.
   *
   * @throws IllegalArgumentException naming the first thing that is wrong
   */
  public static void require(Checkpoint checkpoint, Path directory) {
    checkpoint.config().denseWeights().forEach(checkpoint::require);
    checkpoint.requireExperts(IntStream.range(0, checkpoint.config().experts()).boxed().toList());
    ModelText.open(directory, checkpoint.config()).close();
  }
}
