package io.ennead.cli.transport;

import io.ennead.node.ConfigLoader;
import io.ennead.router.ExpertDispatch;
import io.ennead.router.RouterConfig;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Expert nodes that run already, behind a router's dispatch. */
final class RunningNodes implements Transport {
  private static final Duration READY_LIMIT = Duration.ofSeconds(30);

  private final ExpertDispatch dispatch;
  private final InProcess here;

  private RunningNodes(ExpertDispatch dispatch, InProcess here) {
    this.dispatch = dispatch;
    this.here = here;
  }

  /**
   * Connects.
   *
   * @param here the same experts: every kind of call must give the same bits; stays the caller's
   */
  static RunningNodes connect(Path model, List<String> nodes, ComputeType type, InProcess here)
      throws InterruptedException {
    List<String> flags =
        List.of(
            "--model=" + model,
            "--dtype=" + type.label(),
            "--expert-nodes=" + String.join(",", nodes),
            "--expert-budget=2m",
            "--expert-timeout=2m",
            "--verify-experts=false"); // the bits are compared
    ExpertDispatch dispatch =
        ExpertDispatch.connect(
            ConfigLoader.load(RouterConfig.class, "ennead bench processes", flags, Map.of()));
    try {
      dispatch.awaitReady(READY_LIMIT);
      return new RunningNodes(dispatch, here);
    } catch (InterruptedException | RuntimeException e) {
      dispatch.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return "processes";
  }

  @Override
  public RoundTrip prepare(LayerCall call) {
    float[] rows = here.rows(call);
    int[] chosen = call.experts();
    if (!Arrays.equals(forward(call, rows, chosen), here.forward(call, rows, chosen))) {
      throw new IllegalStateException(
          "%d rows: other bits than in one process (expected: the same model and dtype)"
              .formatted(call.rows()));
    }
    return () -> forward(call, rows, chosen);
  }

  private float[] forward(LayerCall call, float[] rows, int[] chosen) {
    return dispatch.forward(here.layer(), here.tile(call), rows, call.expertsPerRow(), chosen);
  }

  @Override
  public void close() {
    dispatch.close();
  }
}
