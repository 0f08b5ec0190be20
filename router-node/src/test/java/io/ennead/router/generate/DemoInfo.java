package io.ennead.router.generate;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.sample.SamplingOptions;
import java.util.List;

/** What the bundled model tells of itself. */
final class DemoInfo {
  static final ModelInfo F32 =
      new ModelInfo(
          "demo",
          "mixtral",
          "",
          "f32",
          1024,
          4096,
          192,
          4,
          List.of(0, 1, 2, 3),
          GateConfig.softmax(8, 2, true),
          SamplingOptions.GREEDY);

  private DemoInfo() {}
}
