package io.ennead.cli.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** Asks nodes on this machine whether they are ready. Safe for use by several threads. */
final class AdminProbe {
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private final HttpClient http;
  private final String scheme;

  /** Of nodes without TLS. */
  AdminProbe() {
    this(Optional.empty());
  }

  /** With TLS where there is any. */
  AdminProbe(Optional<ClusterTls> tls) {
    HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(LIMIT);
    tls.ifPresent(given -> builder.sslContext(given.context()));
    this.http = builder.build();
    this.scheme = tls.isPresent() ? "https" : "http";
  }

  /**
   * What /readyz of a node says.
   *
   * @param ready whether it answered 200
   * @param text the body, or why there is none
   */
  record Readiness(boolean ready, String text) {}

  Readiness ask(int adminPort) throws InterruptedException {
    URI uri = URI.create("%s://127.0.0.1:%d/readyz".formatted(scheme, adminPort));
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(LIMIT).build();
    try {
      var response = http.send(request, BodyHandlers.ofString());
      return new Readiness(response.statusCode() == 200, response.body().strip());
    } catch (IOException e) {
      return new Readiness(false, "no answer on port " + adminPort);
    }
  }
}
