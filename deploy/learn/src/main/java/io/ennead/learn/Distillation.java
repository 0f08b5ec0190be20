package io.ennead.learn;

import io.ennead.client.EnneadClient;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.learn.labels.Corpus;
import io.ennead.learn.labels.LabelCache;
import io.ennead.learn.labels.LabelForm;
import io.ennead.learn.labels.LabelSource;
import io.ennead.learn.labels.Prefetch;
import io.ennead.learn.labels.Sequences;
import io.ennead.learn.labels.Teacher;
import io.ennead.learn.model.Batch;
import io.ennead.learn.model.LabelRows;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.StudentFiles;
import io.ennead.learn.model.Weights;
import io.ennead.learn.train.DataOrder;
import io.ennead.learn.train.StepReport;
import io.ennead.learn.train.Trainer;
import io.ennead.learn.train.TrainingOptions;
import io.ennead.learn.train.Validation;
import io.ennead.v1.Model;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Trains one student of a running teacher: texts are tokenized and labelled by the router, labels
 * are fetched ahead of the trainer and kept on disk, and the result is a model directory. A run
 * that ended early goes on when it is started again. One thread runs it.
 */
public final class Distillation {
  private static final int CALLERS = 4;
  private static final int BATCHES_AHEAD = 8;

  private final EnneadClient client;
  private final DistillationPlan plan;
  private final Duration limit;

  /**
   * Prepares a run.
   *
   * @param client of the teacher's router; stays the caller's
   * @param limit of one call
   */
  public Distillation(EnneadClient client, DistillationPlan plan, Duration limit) {
    this.client = client;
    this.plan = plan;
    this.limit = limit;
  }

  /**
   * Runs it.
   *
   * @throws IOException when a file cannot be read or written, or is of another run
   */
  public DistillationResult run(Consumer<StepReport> listener)
      throws IOException, InterruptedException {
    ModelConfig teacher = Families.read(plan.teacher().resolve("config.json"));
    Model served = client.listModels(limit).getModels(0);
    requireSame(teacher, served);
    long teacherParameters = teacher.parameters();
    Corpus corpus = Corpus.of(client, limit);
    Sequences training = corpus.mixed(plan.corpus(), plan.chunk(), plan.sequences());
    Sequences validation =
        corpus.inOrder(plan.validation(), plan.chunk(), plan.validationSequences());
    StudentFiles files =
        StudentFiles.write(plan.student().resolve("model"), plan.shape(), plan.teacher());
    double t = plan.training().objective().temperature();
    Times times = new Times(listener);
    try (Student student = Student.open(files.config(), plan.threads());
        LabelCache labels = cache(served, training, t);
        LabelCache judge = cache(served, validation, 1)) {
      Weights weights = train(student, training, labels, labels.key(), times);
      files.write(weights);
      return new DistillationResult(
          weights.size(),
          teacherParameters,
          Validation.of(student, weights, validation, judge),
          labels.asked(),
          times.seconds,
          times.waited);
    }
  }

  /** A student takes the teacher's token ids as they are. */
  private static void requireSame(ModelConfig teacher, Model served) throws IOException {
    if (teacher.vocabularySize() != served.getVocabularySize()) {
      throw new IOException(
          "vocabulary of the served model %s: %d (expected: %d, as in the teacher's directory)"
              .formatted(served.getName(), served.getVocabularySize(), teacher.vocabularySize()));
    }
  }

  private LabelCache cache(Model served, Sequences sequences, double temperature)
      throws IOException {
    LabelForm form = new LabelForm(served.getFingerprint(), temperature, plan.top());
    LabelSource source = new Teacher(client, form, served.getVocabularySize(), limit);
    return LabelCache.open(plan.cache(), form, sequences, served.getVocabularySize(), source);
  }

  private Weights train(
      Student student,
      Sequences sequences,
      LabelSource labels,
      String key,
      Consumer<StepReport> listener)
      throws IOException, InterruptedException {
    TrainingOptions options = plan.training();
    Trainer trainer =
        new Trainer(
            student, options, plan.student(), key + " " + plan.shape(), plan.checkpointEvery());
    DataOrder order = new DataOrder(sequences.count(), options.batch(), options.seed());
    var work =
        IntStream.range(trainer.done(), options.steps())
            .mapToObj(step -> batch(order.of(step), sequences, labels))
            .iterator();
    try (Prefetch<Batch> batches = Prefetch.start(work, CALLERS, BATCHES_AHEAD)) {
      return trainer.run(Weights.random(student.config(), options.seed()), batches::next, listener);
    }
  }

  private Callable<Batch> batch(int[] chosen, Sequences sequences, LabelSource source) {
    return () -> {
      int[][] tokens = new int[chosen.length][];
      List<LabelRows> labels = new ArrayList<>();
      for (int i = 0; i < chosen.length; i++) {
        tokens[i] = sequences.get(chosen[i]);
        if (plan.training().objective().soft()) {
          labels.add(source.label(chosen[i], tokens[i]));
        }
      }
      return new Batch(tokens, labels);
    };
  }

  private static final class Times implements Consumer<StepReport> {
    private final Consumer<StepReport> listener;
    private double seconds;
    private double waited;

    Times(Consumer<StepReport> listener) {
      this.listener = listener;
    }

    @Override
    public void accept(StepReport report) {
      seconds += report.seconds();
      waited += report.waited();
      listener.accept(report);
    }
  }
}
