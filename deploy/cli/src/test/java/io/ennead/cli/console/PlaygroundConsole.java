package io.ennead.cli.console;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.node.NodeSecurity;
import io.ennead.node.Readiness;
import io.ennead.node.http.AdminServer;
import io.ennead.router.console.Console;
import io.ennead.router.console.Sources;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.generate.GenerationLoad;
import io.ennead.router.generate.LiveRequests;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.sample.SamplingOptions;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/** A console of the bundled model whose playground asks a port of the test's. */
final class PlaygroundConsole implements AutoCloseable {
  private final Console console = Console.read(false);
  private final AdminServer server =
      AdminServer.start(
          "127.0.0.1",
          0,
          false,
          NodeSecurity.none(),
          new Readiness(),
          new PrometheusRegistry(),
          console.routes());

  PlaygroundConsole(int httpPort) {
    List<Integer> layers = List.of(0, 1, 2, 3);
    GateConfig gate = GateConfig.softmax(8, 2, true);
    console.open(
        new Sources(
            new ModelInfo(
                "demo",
                "mixtral",
                "",
                "f32",
                512,
                4096,
                256,
                4,
                layers,
                gate,
                SamplingOptions.DEFAULT),
            new Readiness(),
            List::of,
            peer -> {
              throw new IllegalStateException("there are no peers");
            },
            new ExpertRowCounts(layers, 8),
            () -> new GenerationLoad(0, 0, 0, 0, 0, 0),
            (most, promptTokens) ->
                CompletableFuture.completedFuture(new LiveRequests(List.of(), 0)),
            OptionalInt.of(httpPort),
            Optional.empty()));
  }

  String address() {
    return "http://127.0.0.1:%d/console".formatted(server.port());
  }

  @Override
  public void close() {
    console.close();
    server.close();
  }
}
