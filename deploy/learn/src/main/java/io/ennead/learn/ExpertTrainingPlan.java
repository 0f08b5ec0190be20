package io.ennead.learn;

import io.ennead.expert.pack.PackId;
import io.ennead.expert.pack.PackManifest;
import io.ennead.learn.train.TrainingOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * Which experts to train on what.
 *
 * @param model directory of the model that they are for
 * @param corpus a file of texts of the new domain, {@code {"text": ...}} one per line
 * @param keep the same, of what the model knows: where the new experts are not wanted
 * @param validation the same, of the new domain, for what the result is judged by
 * @param pack name and version
 * @param directory where the pack's directory is made
 * @param state directory of checkpoints and log
 * @param layers layers that get experts
 * @param experts new ones in each of these layers, 1 to 64
 * @param training how they are trained; half of a batch, at least one sequence, is of {@code keep}
 * @param chunk tokens of a sequence
 * @param sequences of each corpus, at most
 * @param checkpointEvery steps from a checkpoint to the next
 * @param threads native threads
 */
public record ExpertTrainingPlan(
    Path model,
    Path corpus,
    Path keep,
    Path validation,
    PackId pack,
    Path directory,
    Path state,
    List<Integer> layers,
    int experts,
    TrainingOptions training,
    int chunk,
    int sequences,
    int checkpointEvery,
    int threads) {

  /** Copies the list. */
  public ExpertTrainingPlan {
    layers = List.copyOf(layers);
    if (experts < 1 || experts > PackManifest.MAX_EXPERTS) {
      throw new IllegalArgumentException(
          "experts: %d (expected: 1 to %d)".formatted(experts, PackManifest.MAX_EXPERTS));
    }
    if (training.batch() < 2) {
      throw new IllegalArgumentException(
          "batch: %d (expected: at least 2, one sequence of each corpus)"
              .formatted(training.batch()));
    }
  }
}
