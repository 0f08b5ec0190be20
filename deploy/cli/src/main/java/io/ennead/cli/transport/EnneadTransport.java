package io.ennead.cli.transport;

import io.ennead.cli.synthetic.SyntheticModel;
import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.node.ConfigLoader;
import io.ennead.router.ExpertDispatch;
import io.ennead.router.RouterConfig;
import io.ennead.wire.ComputeType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Ours: expert nodes with one identity expert each, on loopback ports of this process, behind a
 * router's dispatch. All that a served layer passes but the kernels: rows are grouped, encoded,
 * sent, queued, copied, encoded, sent back and added up.
 */
final class EnneadTransport implements Transport {
  private static final Duration READY_LIMIT = Duration.ofMinutes(2);

  private final int hidden;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final ExpertDispatch dispatch;

  private EnneadTransport(Path model, int hidden, ComputeType type, int nodes)
      throws InterruptedException {
    this.hidden = hidden;
    try {
      List<String> addresses = startNodes(model, type, nodes);
      dispatch = connect(model, type, addresses);
    } catch (RuntimeException | InterruptedException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts the nodes.
   *
   * @param directory where their model is made; must not exist
   */
  static EnneadTransport start(Path directory, int hidden, ComputeType type, int nodes)
      throws IOException, InterruptedException {
    SyntheticModel.layer(hidden, 1, nodes).write(directory, 0);
    return new EnneadTransport(directory, hidden, type, nodes);
  }

  private List<String> startNodes(Path model, ComputeType type, int nodes)
      throws InterruptedException {
    List<ExpertNode> started = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      ExpertConfig config =
          config(ExpertConfig.class, model, type, "--experts", "" + i, "--port", "0");
      started.add(keep(ExpertNode.start(config, IdentityExperts::load)));
    }
    for (ExpertNode node : started) {
      node.awaitReady(READY_LIMIT);
    }
    return started.stream().map(node -> "127.0.0.1:" + node.port()).toList();
  }

  private ExpertDispatch connect(Path model, ComputeType type, List<String> addresses)
      throws InterruptedException {
    RouterConfig config =
        config(RouterConfig.class, model, type, "--expert-nodes", String.join(",", addresses));
    ExpertDispatch connected = keep(ExpertDispatch.connect(config));
    connected.awaitReady(READY_LIMIT);
    return connected;
  }

  private static <T extends Record> T config(
      Class<T> type, Path model, ComputeType dtype, String... more) {
    List<String> flags = new ArrayList<>(List.of(more));
    flags.addAll(List.of("--model", model.toString(), "--dtype", dtype.label()));
    flags.addAll(List.of("--admin-port", "0"));
    return ConfigLoader.load(type, "ennead bench dispatch", flags, Map.of());
  }

  private <T extends AutoCloseable> T keep(T part) {
    open.push(part);
    return part;
  }

  @Override
  public String name() {
    return "ennead";
  }

  @Override
  public RoundTrip prepare(LayerCall call) {
    float[] rows = rows(call.rows());
    int[] experts = call.experts();
    requireSums(rows, forward(call, rows, experts), call.expertsPerRow());
    return () -> forward(call, rows, experts);
  }

  private float[] forward(LayerCall call, float[] rows, int[] experts) {
    return dispatch.forward(0, Tile.DECODE, rows, call.expertsPerRow(), experts);
  }

  /** Small whole numbers: the same in every format, and so are their sums. */
  private float[] rows(int count) {
    float[] rows = new float[count * hidden];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i % 127 - 63;
    }
    return rows;
  }

  /** Fast but wrong would be of no use. */
  private static void requireSums(float[] rows, float[] sums, int copies) {
    for (int i = 0; i < rows.length; i++) {
      if (sums[i] != copies * rows[i]) {
        throw new IllegalStateException(
            "value %d of the layer: %s (expected: %s)".formatted(i, sums[i], copies * rows[i]));
      }
    }
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      closePart(open.pop());
    }
  }

  private static void closePart(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      throw new IllegalStateException("a node did not stop: " + e.getMessage(), e);
    }
  }
}
