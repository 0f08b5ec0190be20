package io.ennead.learn.train;

import io.ennead.expert.architecture.Weight;
import io.ennead.learn.model.Batch;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.Student.Gradients;
import io.ennead.learn.model.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Trains one student in one directory: {@code state.bin} is the last checkpoint, {@code
 * training.csv} the log. A run that ended early goes on from its checkpoint and comes to the same
 * bits as one that did not. One thread.
 */
public final class Trainer {
  private final Student student;
  private final TrainingOptions options;
  private final Path directory;
  private final String run;
  private final int checkpointEvery;
  private final AdamW optimiser;

  /**
   * A trainer.
   *
   * @param run what the result depends on besides the options: data, labels, architecture
   * @param checkpointEvery steps from one checkpoint to the next, at least 1
   */
  public Trainer(
      Student student, TrainingOptions options, Path directory, String run, int checkpointEvery) {
    this.student = student;
    this.options = options;
    this.directory = directory;
    this.run = run + " " + options;
    this.checkpointEvery = checkpointEvery;
    this.optimiser = new AdamW(matrices(student), options.weightDecay(), options.clip());
  }

  private static Set<String> matrices(Student student) {
    return student.trained().stream()
        .filter(weight -> weight.columns() > 1)
        .map(Weight::tensor)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Steps that the last checkpoint has behind it; 0 where there is none. */
  public int done() throws IOException {
    return state(Weights.zeros(student.trained())).step();
  }

  /**
   * Trains to the end.
   *
   * @param begin what a student without a checkpoint begins with; its arrays are taken over
   * @param batches of the steps that are left, in order
   * @return the trained weights
   * @throws IOException when a checkpoint is damaged or of another run
   */
  public Weights run(Weights begin, Batches batches, Consumer<StepReport> listener)
      throws IOException, InterruptedException {
    TrainingState state = state(begin);
    TrainingLog log = TrainingLog.open(directory.resolve("training.csv"), state.step());
    while (state.step() < options.steps()) {
      StepReport report = step(state, batches);
      state = state.next();
      log.add(report);
      listener.accept(report);
      if (state.step() % checkpointEvery == 0 || state.step() == options.steps()) {
        state.write(file(), run);
      }
    }
    return state.weights();
  }

  private TrainingState state(Weights begin) throws IOException {
    return Files.exists(file())
        ? TrainingState.read(file(), run, begin)
        : TrainingState.begin(begin);
  }

  private Path file() {
    return directory.resolve("state.bin");
  }

  private StepReport step(TrainingState state, Batches batches)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Batch batch = batches.next();
    long begun = System.nanoTime();
    Gradients gradients = student.gradients(state.weights(), batch, options.objective());
    double rate = options.rate(state.step());
    double norm = optimiser.update(state, gradients.values(), rate);
    long end = System.nanoTime();
    return new StepReport(
        state.step() + 1,
        rate,
        gradients.losses(),
        norm,
        (end - start) / 1e9,
        (begun - start) / 1e9,
        batch.tokens().length * (batch.tokens()[0].length - 1));
  }

  /** Where batches come from. */
  @FunctionalInterface
  public interface Batches {
    /** The next step's; waits for its labels. */
    Batch next() throws IOException, InterruptedException;
  }
}
