package io.ennead.cli;

import io.ennead.cli.cluster.PortPlan;
import java.io.PrintWriter;

/** Tells where to send requests. */
final class Addresses {
  private static final String REQUEST =
      "'{\"text\": \"Once upon a time\", \"stopping\": {\"max_tokens\": 32}}'";

  private Addresses() {}

  static void print(PortPlan.Ports router, PrintWriter out) {
    String address = router.address();
    String flag = router.grpc() == PortPlan.DEFAULT_BASE ? "" : " --addr " + address;
    new Table()
        .row("  gRPC", address)
        .row("  try", "./ennead generate%s --prompt 'Once upon a time'".formatted(flag))
        .row(
            "  or",
            "grpcurl -plaintext -d %s %s ennead.v1.InferenceService/Generate"
                .formatted(REQUEST, address))
        .row("  metrics", "http://127.0.0.1:%d/metrics".formatted(router.admin()))
        .row("  ready", "http://127.0.0.1:%d/readyz".formatted(router.admin()))
        .print(out);
  }
}
