package io.ennead.router.model;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;

/** The bundled model. */
public final class DemoModel {
  public static final int HIDDEN = 192;
  public static final int EXPERTS = 8;
  public static final int VOCABULARY = 4096;
  public static final Path DIRECTORY = Path.of("../deploy/models/demo");

  private DemoModel() {}

  public static LoadedModel load(ComputeType type, int blocks) {
    return LoadedModel.load(DIRECTORY, type, blocks);
  }

  /** The dense part over other experts. */
  public static MoeModel with(ExpertLayer experts, int blocks) {
    return MoeModel.load(
        Checkpoint.open(DIRECTORY), LoadedModel.options(ComputeType.F32, blocks), experts);
  }
}
