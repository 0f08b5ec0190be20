package io.ennead.cli.survival;

import io.ennead.cli.cluster.MetricsPage;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The admin HTTP of a node on this machine. */
record AdminPage(int port) {
  private static final int LIMIT_MILLIS = 500;

  /** The page, if it is answered with 200 in time. */
  Optional<String> get(String path) {
    try {
      HttpURLConnection http =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:%d%s".formatted(port, path)).toURL().openConnection();
      http.setConnectTimeout(LIMIT_MILLIS);
      http.setReadTimeout(LIMIT_MILLIS);
      try (InputStream in = http.getInputStream()) {
        return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The sum of a metric over all its labels; empty when the node does not tell it. */
  Optional<Double> metric(String name) {
    return get("/metrics").map(page -> MetricsPage.sum(page, name));
  }
}
