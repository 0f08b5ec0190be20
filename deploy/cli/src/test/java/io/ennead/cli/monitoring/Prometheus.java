package io.ennead.cli.monitoring;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.cli.cluster.PortPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** A Prometheus of its own with the configuration of deploy/monitoring and other targets. */
final class Prometheus implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Process process;
  private final int port;

  private Prometheus(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it with its data in a directory. */
  static Prometheus start(Path directory, Map<String, List<String>> targets) throws IOException {
    String config = Files.readString(MonitoringFiles.PROMETHEUS.resolve("prometheus.yml"));
    Files.writeString(
        directory.resolve("prometheus.yml"), config.replaceAll("_interval: .*", "_interval: 1s"));
    Files.createDirectories(directory.resolve("rules"));
    Files.copy(MonitoringFiles.RULES, directory.resolve("rules/ennead.yml"));
    Files.createDirectories(directory.resolve("targets"));
    for (Map.Entry<String, List<String>> entry : targets.entrySet()) {
      Files.writeString(
          directory.resolve("targets").resolve(entry.getKey() + ".yml"),
          "- targets: %s%n".formatted(entry.getValue()));
    }
    int port = PortPlan.of(0, 1).router().grpc();
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--web.listen-address=127.0.0.1:" + port)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    return new Prometheus(process, port);
  }

  /** Waits until so many nodes were read, and once more, so that rates have two samples. */
  void awaitUp(int nodes) {
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> sum("count_over_time(up{job=~\"ennead-.*\"}[1m]) > bool 1") == nodes);
  }

  /** The result of a query that must be understood. */
  JsonNode query(String query) {
    JsonNode answer = get("query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    if (!answer.path("status").asText().equals("success")) {
      throw new AssertionError("%s: %s".formatted(query, answer));
    }
    return answer.path("data").path("result");
  }

  /** The sum over a query's series. */
  double sum(String query) {
    double sum = 0;
    for (JsonNode series : query(query)) {
      sum += Double.parseDouble(series.path("value").path(1).asText());
    }
    return sum;
  }

  /** Every metric's name. */
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    get("label/__name__/values").path("data").forEach(name -> names.add(name.asText()));
    return names;
  }

  private JsonNode get(String path) {
    URI uri = URI.create("http://127.0.0.1:%d/api/v1/%s".formatted(port, path));
    try {
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(LIMIT).build();
      String body = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
      return new ObjectMapper().readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
