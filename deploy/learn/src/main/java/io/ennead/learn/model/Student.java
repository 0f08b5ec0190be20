package io.ennead.learn.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.TorchModule;
import io.ennead.expert.pack.PackLayout;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A model that can be trained, all of it or only the experts of a pack. It does not hold the
 * weights that are trained: every call is given them, copies them, and frees the native memory when
 * it is done. One thread at a time.
 *
 * <p>With one native thread, the same weights and batch give the same bits.
 */
public final class Student implements AutoCloseable {
  private final Engine engine;
  private final NDManager manager;
  private final ModelConfig config;
  private final List<Weight> trained;
  private final Map<Integer, Linear> added;
  private final NativeWeights frozen;
  private final DataType type;

  private Student(
      Engine engine,
      NDManager manager,
      ModelConfig config,
      List<Weight> trained,
      Map<Integer, Linear> added,
      NativeWeights frozen,
      DataType type) {
    this.engine = engine;
    this.manager = manager;
    this.config = config;
    this.trained = trained;
    this.added = added;
    this.frozen = frozen;
    this.type = type;
  }

  /**
   * Starts the engine for a model all of whose weights are trained.
   *
   * @param threads native threads per operation; one number for the whole process
   * @throws IllegalArgumentException when the model has a part that cannot be trained
   */
  public static Student open(ModelConfig config, int threads) {
    return open(config, threads, DataType.FLOAT32);
  }

  static Student open(ModelConfig config, int threads, DataType type) {
    Trainable.require(config);
    Engine engine = TorchModule.startEngine(threads);
    return new Student(
        engine,
        engine.newBaseManager(),
        config,
        Weights.all(config),
        Map.of(),
        NativeWeights.NONE,
        type);
  }

  /**
   * Starts the engine for a model of which only a pack's experts and rows of the gate are trained.
   *
   * @param threads as above
   * @throws IllegalArgumentException when the model has a part that cannot be trained
   */
  public static Student open(Checkpoint model, PackLayout pack, int threads) {
    return open(model.config(), Weights.read(model), pack, threads, DataType.FLOAT32);
  }

  static Student open(
      ModelConfig model, Weights weights, PackLayout pack, int threads, DataType type) {
    Trainable.require(model);
    Engine engine = TorchModule.startEngine(threads);
    NDManager manager = engine.newBaseManager();
    return new Student(
        engine,
        manager,
        pack.placed(model.experts()),
        pack.weights().toList(),
        pack.layers().stream().collect(Collectors.toMap(Function.identity(), pack::router)),
        NativeWeights.copy(manager, Weights.all(model), weights, type),
        type);
  }

  /** The model, a pack's experts behind its own. */
  public ModelConfig config() {
    return config;
  }

  /** The weights that are trained. */
  public List<Weight> trained() {
    return trained;
  }

  /** The losses of a batch, and the gradient of their total. */
  public Gradients gradients(Weights weights, Batch batch, Objective objective) {
    try (Pass pass = begin(weights, true)) {
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
    try (Pass pass = begin(weights, false)) {
      return loss(pass, batch, objective).losses();
    }
  }

  private Pass begin(Weights weights, boolean gradients) {
    return Pass.begin(manager, frozen, trained, weights, type, gradients);
  }

  Loss loss(Pass pass, Batch batch, Objective objective) {
    AddedRows rows = new AddedRows(pass, added, batch.wanted(), (float) objective.gateCost());
    NDArray logits = new Transformer(config, pass, rows).logits(batch.tokens(), batch.length());
    Transformer without = new Transformer(config, pass, AddedRows.none(pass));
    return rows.loss()
        .map(gates -> new PackLoss(pass, batch, objective).of(logits, gates, without))
        .orElseGet(() -> StudentLoss.of(pass, batch, objective, logits));
  }

  /** Logits [sequences * length, vocabulary] of whole sequences of one length. */
  public float[] logits(Weights weights, int[][] sequences) {
    int length = sequences[0].length;
    try (Pass pass = begin(weights, false)) {
      AddedRows rows = new AddedRows(pass, added, new float[sequences.length * length], 0);
      return new Transformer(config, pass, rows)
          .logits(sequences, length)
          .toType(DataType.FLOAT32, false)
          .toFloatArray();
    }
  }

  /** Native arrays that outlive calls: those of frozen weights. */
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
   * @param values of every weight that is trained
   */
  public record Gradients(Losses losses, Weights values) {}
}
