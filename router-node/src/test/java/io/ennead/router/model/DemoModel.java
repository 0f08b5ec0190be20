package io.ennead.router.model;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.SoftmaxGate;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The bundled model with its experts in this process: the reference of the tests. */
public final class DemoModel implements AutoCloseable {
  public static final int HIDDEN = 192;
  public static final int EXPERTS = 8;
  public static final int VOCABULARY = 4096;
  public static final int BLOCK = 16;
  public static final int CHUNK = 64;

  private final TorchExperts experts;
  private final MoeModel model;

  private DemoModel(TorchExperts experts, MoeModel model) {
    this.experts = experts;
    this.model = model;
  }

  public static DemoModel load(ComputeType type, int blocks) {
    Checkpoint checkpoint = Checkpoint.open(Path.of("../deploy/models/demo"));
    TorchExperts experts =
        TorchExperts.load(
            checkpoint,
            IntStream.range(0, EXPERTS).boxed().toList(),
            new EngineOptions("cpu", type, 1, 8, CHUNK),
            progress -> {});
    return new DemoModel(
        experts,
        MoeModel.load(
            checkpoint,
            new DecoderOptions("cpu", type, 1, 8, CHUNK, blocks, BLOCK),
            new SoftmaxGate(EXPERTS, 2),
            new LocalExpertLayer(experts)));
  }

  /** The dense part over other experts. */
  public static MoeModel with(ExpertLayer experts, int blocks) {
    return MoeModel.load(
        Checkpoint.open(Path.of("../deploy/models/demo")),
        new DecoderOptions("cpu", ComputeType.F32, 1, 8, CHUNK, blocks, BLOCK),
        new SoftmaxGate(EXPERTS, 2),
        experts);
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
