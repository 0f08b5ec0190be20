package io.ennead.learn;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.PackLayout;
import io.ennead.expert.pack.PackManifest;
import io.ennead.expert.pack.PackTensor;
import io.ennead.expert.pack.PackWriter;
import io.ennead.learn.labels.Corpus;
import io.ennead.learn.labels.Sequences;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.Weights;
import io.ennead.learn.train.StepReport;
import io.ennead.learn.train.Trainer;
import io.ennead.learn.train.TrainingOptions;
import io.ennead.learn.train.Validation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Trains new experts of a model and their rows of the gate on a new domain, and writes them as a
 * pack; the model itself stays as it is. Half of what they learn from is text that the model knows:
 * it keeps the gate from sending that to them. A run that ended early goes on when it is started
 * again. One thread runs it.
 */
public final class ExpertTraining {
  private final Corpus corpus;
  private final ExpertTrainingPlan plan;
  private final Checkpoint model;
  private final PackLayout layout;

  private ExpertTraining(Corpus corpus, ExpertTrainingPlan plan, Checkpoint model) {
    this.corpus = corpus;
    this.plan = plan;
    this.model = model;
    this.layout = new PackLayout(model.config(), plan.layers(), plan.experts());
  }

  /**
   * Prepares a run.
   *
   * @param encoder the model's tokenizer
   * @throws FileAlreadyExistsException when the pack is there
   */
  public static ExpertTraining of(Corpus.Encoder encoder, ExpertTrainingPlan plan)
      throws IOException {
    Path target = target(plan);
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "exists (expected: a new name or version)");
    }
    return new ExpertTraining(new Corpus(encoder), plan, Checkpoint.open(plan.model()));
  }

  private static Path target(ExpertTrainingPlan plan) {
    return plan.directory().resolve(plan.pack().directory());
  }

  /**
   * Runs it.
   *
   * @throws IOException when a file cannot be read or written, or is of another run
   */
  public ExpertTrainingResult run(Consumer<StepReport> listener)
      throws IOException, InterruptedException {
    Sequences fresh = corpus.mixed(plan.corpus(), plan.chunk(), plan.sequences());
    Sequences kept = corpus.mixed(plan.keep(), plan.chunk(), plan.sequences());
    Sequences validation = corpus.inOrder(plan.validation(), plan.chunk(), Integer.MAX_VALUE);
    String fingerprint = Fingerprints.model(model);
    Validation before = before(validation);
    try (Student student = Student.open(model, layout, plan.threads())) {
      Weights weights = train(student, fresh, kept, fingerprint, listener);
      Validation after = Validation.of(student, weights, validation);
      return new ExpertTrainingResult(write(weights, fingerprint), weights.size(), before, after);
    }
  }

  private Validation before(Sequences validation) throws IOException, InterruptedException {
    try (Student alone = Student.open(model.config(), plan.threads())) {
      return Validation.of(alone, Weights.read(model), validation);
    }
  }

  private Weights train(
      Student student,
      Sequences fresh,
      Sequences kept,
      String fingerprint,
      Consumer<StepReport> listener)
      throws IOException, InterruptedException {
    TrainingOptions options = plan.training();
    String run =
        "%s %s %s layers %s experts %d"
            .formatted(fresh.digest(), kept.digest(), fingerprint, plan.layers(), plan.experts());
    Trainer trainer = new Trainer(student, options, plan.state(), run, plan.checkpointEvery());
    TwoTexts batches = new TwoTexts(fresh, kept, options.batch(), options.seed(), trainer.done());
    return trainer.run(Weights.copies(model, layout), batches, listener);
  }

  private PackManifest write(Weights weights, String fingerprint) {
    ModelConfig config = model.config();
    PackManifest manifest =
        new PackManifest(
            plan.pack(),
            config.family(),
            fingerprint,
            config.hiddenSize(),
            config.expertWidth(),
            ElementType.F32,
            plan.layers(),
            plan.experts(),
            "");
    return PackWriter.write(target(plan), manifest, config, tensor -> numbers(weights, tensor));
  }

  private static PackTensor numbers(Weights weights, Weight tensor) {
    float[] values = weights.get(tensor.tensor());
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    return new PackTensor(ElementType.F32, sink -> sink.accept(0, tensor.rows(), bytes));
  }
}
