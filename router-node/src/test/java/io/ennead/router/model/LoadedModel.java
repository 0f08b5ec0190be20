package io.ennead.router.model;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** A model with its experts in this process: the reference of the tests. */
public final class LoadedModel implements AutoCloseable {
  public static final int BLOCK = 16;
  public static final int CHUNK = 64;

  private final TorchExperts experts;
  private final MoeModel model;

  private LoadedModel(TorchExperts experts, MoeModel model) {
    this.experts = experts;
    this.model = model;
  }

  public static LoadedModel load(Path directory, ComputeType type, int blocks) {
    return load(directory, type, blocks, Decoder.packFrom("cpu"));
  }

  /** The same with other maps of the dense part packed. */
  static LoadedModel load(Path directory, ComputeType type, int blocks, OptionalLong packFrom) {
    Checkpoint checkpoint = Checkpoint.open(directory);
    TorchExperts experts =
        TorchExperts.load(
            checkpoint,
            IntStream.range(0, checkpoint.config().experts()).boxed().toList(),
            new EngineOptions("cpu", type, 1, 8, CHUNK, true),
            progress -> {});
    return new LoadedModel(
        experts,
        MoeModel.load(checkpoint, options(type, blocks), new LocalExpertLayer(experts), packFrom));
  }

  /** How the tests run the dense part. */
  public static DecoderOptions options(ComputeType type, int blocks) {
    return new DecoderOptions("cpu", type, 1, 8, CHUNK, true, blocks, BLOCK);
  }

  public MoeModel model() {
    return model;
  }

  public TorchExperts experts() {
    return experts;
  }

  @Override
  public void close() {
    model.close();
    experts.close();
  }
}
