package io.ennead.learn.train;

import io.ennead.learn.labels.LabelSource;
import io.ennead.learn.labels.Sequences;
import io.ennead.learn.model.Batch;
import io.ennead.learn.model.LabelRows;
import io.ennead.learn.model.Losses;
import io.ennead.learn.model.Objective;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.Weights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How good a student is on text that it was not trained on.
 *
 * @param tokens scored, tails included
 * @param crossEntropy mean over them, in nats
 * @param divergence mean KL(teacher || student) at temperature 1 over the whole sequences; NaN
 *     without labels
 */
public record Validation(int tokens, double crossEntropy, double divergence) {
  private static final int BATCH = 8;

  /** exp(mean negative log-probability). */
  public double perplexity() {
    return Math.exp(crossEntropy);
  }

  /**
   * Computes it.
   *
   * @param labels the teacher's at temperature 1
   */
  public static Validation of(
      Student student, Weights weights, Sequences sequences, LabelSource labels)
      throws IOException, InterruptedException {
    return of(student, weights, sequences, Optional.of(labels));
  }

  /** Computes the cross-entropy alone. */
  public static Validation of(Student student, Weights weights, Sequences sequences)
      throws IOException, InterruptedException {
    return of(student, weights, sequences, Optional.empty());
  }

  private static Validation of(
      Student student, Weights weights, Sequences sequences, Optional<LabelSource> labels)
      throws IOException, InterruptedException {
    Sums sums = new Sums();
    for (int first = 0; first < sequences.count(); first += BATCH) {
      Batch batch = batch(sequences, first, labels);
      sums.add(student.losses(weights, batch, Objective.HARD), batch);
    }
    for (int[] tail : sequences.tails()) {
      if (tail.length > 1) {
        Batch batch = new Batch(new int[][] {tail}, List.of());
        sums.add(student.losses(weights, batch, Objective.HARD), batch);
      }
    }
    return sums.means();
  }

  private static Batch batch(Sequences sequences, int first, Optional<LabelSource> source)
      throws IOException, InterruptedException {
    int count = Math.min(BATCH, sequences.count() - first);
    int[][] tokens = new int[count][];
    List<LabelRows> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens[i] = sequences.get(first + i);
      if (source.isPresent()) {
        labels.add(source.get().label(first + i, tokens[i]));
      }
    }
    return new Batch(tokens, labels);
  }

  private static final class Sums {
    private int tokens;
    private int labelled;
    private double crossEntropy;
    private double divergence;

    void add(Losses losses, Batch batch) {
      tokens += batch.rows();
      crossEntropy += losses.crossEntropy() * batch.rows();
      if (!batch.labels().isEmpty()) {
        labelled += batch.rows();
        divergence += losses.divergence() * batch.rows();
      }
    }

    Validation means() {
      return new Validation(tokens, crossEntropy / tokens, divergence / labelled);
    }
  }
}
