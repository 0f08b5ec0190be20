package io.ennead.learn.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.engine.TorchModule;

/**
 * A model that can be trained. It holds no weights: every call is given them, copies them, and
 * frees all native memory when it is done. One thread at a time.
 *
 * <p>With one native thread, the same weights and batch give the same bits.
 */
public final class Student implements AutoCloseable {
  private final Engine engine;
  private final NDManager manager;
  private final ModelConfig config;
  private final DataType type;

  private Student(Engine engine, ModelConfig config, DataType type) {
    this.engine = engine;
    this.manager = engine.newBaseManager();
    this.config = config;
    this.type = type;
  }

  /**
   * Starts the engine.
   *
   * @param threads native threads per operation; one number for the whole process
   * @throws IllegalArgumentException when the model has a part that cannot be trained
   */
  public static Student open(ModelConfig config, int threads) {
    return open(config, threads, DataType.FLOAT32);
  }

  static Student open(ModelConfig config, int threads, DataType type) {
    Trainable.require(config);
    return new Student(TorchModule.startEngine(threads), config, type);
  }

  /** The model. */
  public ModelConfig config() {
    return config;
  }

  /** The losses of a batch, and the gradient of their total. */
  public Gradients gradients(Weights weights, Batch batch, Objective objective) {
    try (Pass pass = Pass.begin(manager, config, weights, type, true)) {
      Losses losses;
      try (GradientCollector collector = engine.newGradientCollector()) {
        Loss loss = loss(pass, batch, objective);
        collector.backward(loss.total());
        losses = loss.losses();
      }
      return new Gradients(losses, pass.gradients());
    }
  }

  /** The losses of a batch. */
  public Losses losses(Weights weights, Batch batch, Objective objective) {
    try (Pass pass = Pass.begin(manager, config, weights, type, false)) {
      return loss(pass, batch, objective).losses();
    }
  }

  private Loss loss(Pass pass, Batch batch, Objective objective) {
    NDArray logits = new Transformer(config, pass).logits(batch.tokens(), batch.length());
    return Loss.of(pass, batch, objective, logits);
  }

  /** Logits [sequences * length, vocabulary] of whole sequences of one length. */
  public float[] logits(Weights weights, int[][] sequences) {
    try (Pass pass = Pass.begin(manager, config, weights, type, false)) {
      return new Transformer(config, pass)
          .logits(sequences, sequences[0].length)
          .toType(DataType.FLOAT32, false)
          .toFloatArray();
    }
  }

  /** Native arrays that outlive calls: none. */
  int managedArrays() {
    return manager.getManagedArrays().size();
  }

  @Override
  public void close() {
    manager.close();
  }

  /**
   * What a backward pass gives.
   *
   * @param values of every weight
   */
  public record Gradients(Losses losses, Weights values) {}
}
