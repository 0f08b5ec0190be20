package io.ennead.cli.transport;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.router.LocalDispatch;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** No way at all: the kernels of all experts of a model's first layer in this process. */
final class InProcess implements Transport {
  /** Rows of a layer from which it is a prompt's. */
  private static final int PREFILL_FROM = 128;

  private final ExpertEngine engine;
  private final LocalDispatch experts;
  private final int layer;

  private InProcess(ExpertEngine engine, int layer) {
    this.engine = engine;
    this.experts = new LocalDispatch(engine);
    this.layer = layer;
  }

  static InProcess load(Path model, ComputeType type, int threads) {
    Checkpoint checkpoint = Checkpoint.open(model);
    List<Integer> all = IntStream.range(0, checkpoint.config().experts()).boxed().toList();
    EngineOptions options = new EngineOptions("cpu", type, threads, 0, 0, true);
    return new InProcess(
        TorchExperts.load(checkpoint, all, options, progress -> {}),
        checkpoint.config().moeLayers().get(0));
  }

  int layer() {
    return layer;
  }

  Tile tile(LayerCall call) {
    return call.rows() < PREFILL_FROM ? Tile.DECODE : Tile.PREFILL;
  }

  /** Within [-1, 1], as a norm gives: no two neighbours equal. */
  float[] rows(LayerCall call) {
    float[] rows = new float[call.rows() * engine.hidden()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) Math.sin(i + 1.0);
    }
    return rows;
  }

  float[] forward(LayerCall call, float[] rows, int[] chosen) {
    return experts.forward(layer, tile(call), rows, call.expertsPerRow(), chosen);
  }

  @Override
  public String name() {
    return "in-process";
  }

  @Override
  public RoundTrip prepare(LayerCall call) {
    float[] rows = rows(call);
    int[] chosen = call.experts();
    return () -> forward(call, rows, chosen);
  }

  @Override
  public void close() {
    engine.close();
  }
}
