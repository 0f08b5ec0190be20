package io.ennead.cli;

import io.ennead.cli.cluster.ClusterTls;
import io.ennead.cli.cluster.PortPlan;
import java.io.PrintWriter;
import java.util.Optional;

/** Tells where to send requests, as commands that can be pasted. */
final class Addresses {
  private static final String REQUEST =
      "'{\"text\": \"Once upon a time\", \"stopping\": {\"max_tokens\": 32}}'";

  private Addresses() {}

  /**
   * Prints them.
   *
   * @param tls of the cluster, if it has any
   */
  static void print(PortPlan ports, Optional<ClusterTls> tls, PrintWriter out) {
    PortPlan.Ports router = ports.router();
    String address = router.address();
    String addr = router.grpc() == PortPlan.DEFAULT_BASE ? "" : " --addr " + address;
    String mine = tls.map(used -> " " + String.join(" ", used.clientFlags())).orElse("");
    String grpcurl = tls.map(ClusterTls::grpcurlFlags).orElse("-plaintext");
    String http = tls.isPresent() ? "https" : "http";
    new Table()
        .row("  gRPC", address)
        .row("  try", "./ennead generate%s%s --prompt 'Once upon a time'".formatted(addr, mine))
        .row(
            "  or",
            "grpcurl %s -d %s %s ennead.v1.InferenceService/Generate"
                .formatted(grpcurl, REQUEST, address))
        .row("  OpenAI", "%s://127.0.0.1:%d/v1".formatted(http, ports.http()))
        .row("  console", "%s://127.0.0.1:%d/console".formatted(http, router.admin()))
        .row("  metrics", "%s://127.0.0.1:%d/metrics".formatted(http, router.admin()))
        .row("  ready", "%s://127.0.0.1:%d/readyz".formatted(http, router.admin()))
        .print(out);
  }
}
