package io.ennead.router.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.node.NodeSecurity;
import io.ennead.node.http.HttpLimits;
import io.ennead.node.http.HttpServer;
import io.ennead.router.api.ApiFixture;
import io.ennead.router.api.FakeGenerator;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.ChatTemplate;
import io.ennead.router.sample.TokenLogProb;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** OpenAI's routes on a real socket, before a generator that does what a test says. */
final class HttpFixture implements AutoCloseable {
  static final int CONSOLE_PORT = 4242;
  private static final ObjectMapper JSON = new ObjectMapper();

  final FakeGenerator generator = new FakeGenerator();
  final PrometheusRegistry registry = new PrometheusRegistry();
  private final SlowReaders readers;
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** A server of a model that has a chat template where a directory for it is given. */
  HttpFixture(Optional<Path> template, Duration stall) throws IOException {
    this(template, stall, Optional.empty());
  }

  /** The same with responses that can be rated. */
  HttpFixture(Optional<Path> template, Duration stall, Optional<Feedback> feedback)
      throws IOException {
    SlowReaders.Limits limits = new SlowReaders.Limits(100, 1 << 20, stall);
    readers = SlowReaders.watch(limits, registry);
    ModelCatalog catalog = new ModelCatalog(List.of(model(template)));
    server =
        HttpServer.start(
            new HttpServer.Options(
                "http",
                "127.0.0.1",
                0,
                false,
                Duration.ofSeconds(5),
                new HttpLimits(
                    100,
                    100,
                    4,
                    8 << 10,
                    4 << 20,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30),
                    1 << 20,
                    stall),
                Answers.REFUSALS,
                new BrowserGuard(
                    true, true, () -> CONSOLE_PORT, Set.of("https://chat.example.org")),
                new HttpMetrics(registry, List.of())),
            NodeSecurity.none(),
            OpenAiRoutes.of(
                catalog,
                new GenerationReader(catalog, () -> 99, feedback),
                readers,
                1 << 20,
                1 << 20,
                true));
  }

  private ServedModel model(Optional<Path> directory) throws IOException {
    ServedModel plain =
        ApiFixture.model(
            generator,
            job -> {
              throw new AssertionError("scored");
            },
            (layer, phase, rows, routing, scope, observer) -> {
              throw new AssertionError("computed");
            });
    if (directory.isEmpty()) {
      return plain;
    }
    Files.writeString(
        directory.get().resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role }}:{{ m.content }}|{% endfor %}"
            + "{% if add_generation_prompt %}a:{% endif %}");
    return new ServedModel(
        plain.info(),
        plain.policy(),
        plain.codec(),
        ChatTemplate.read(directory.get()),
        plain.generator(),
        plain.scorer(),
        plain.moe());
  }

  /** Clients that were cut off, for whatever reason. */
  double cutReaders() {
    return registry.scrape().stream()
        .filter(metric -> metric.getMetadata().getName().equals("ennead_slow_readers_cut"))
        .flatMap(metric -> metric.getDataPoints().stream())
        .mapToDouble(point -> ((CounterDataPointSnapshot) point).getValue())
        .sum();
  }

  int port() {
    return server.port();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port(), path)));
  }

  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).build());
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body());
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  /** A piece of one byte token per byte of the text. */
  static Piece piece(int index, String text) {
    return new Piece(index, ids(text), text, List.of(), Optional.empty(), Optional.empty());
  }

  static int[] ids(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    return ids;
  }

  /** A piece of one token, with an alternative. */
  static Piece likely(int id, String text, double logprob, int other) {
    TokenLogProb chosen = new TokenLogProb(id, logprob, List.of());
    TokenLogProb alternative = new TokenLogProb(other, logprob - 1, List.of());
    TokenLogProb told = new TokenLogProb(id, logprob, List.of(chosen, alternative));
    return new Piece(0, new int[] {id}, text, List.of(told), Optional.empty(), Optional.empty());
  }

  static FinishInfo finish(int index, FinishInfo.Reason reason, Degraded degraded) {
    Duration time = Duration.ofMillis(250);
    return new FinishInfo(
        index, reason, "", 5, 2, 3, 7 + index, 8, List.of(), time, time, time, degraded);
  }

  static FinishInfo finish(int index) {
    return finish(index, FinishInfo.Reason.LENGTH, Degraded.NONE);
  }

  @Override
  public void close() {
    server.close();
    readers.close();
  }
}
