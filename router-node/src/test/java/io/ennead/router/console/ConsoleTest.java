package io.ennead.router.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ennead.node.NodeSecurity;
import io.ennead.node.Readiness;
import io.ennead.node.http.AdminServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The console's routes, asked over HTTP. */
@Timeout(60)
class ConsoleTest {
  private static final Pattern OWN_FILE = Pattern.compile("(?:src|href)=\"(console/[^\"]+)\"");
  private static final Pattern IMPORT = Pattern.compile("from \"\\./([^\"]+)\"");

  private final HttpClient client = HttpClient.newHttpClient();
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

  @AfterEach
  void close() {
    console.close();
    server.close();
  }

  private HttpRequest get(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path)))
        .build();
  }

  private HttpResponse<String> ask(String path) throws IOException, InterruptedException {
    return client.send(get(path), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void thePageRunsNothingButItsOwnFiles() throws Exception {
    console.open(new FakeSources().sources());
    HttpResponse<String> page = ask("/console");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(page.headers().firstValue("Content-Security-Policy"))
        .hasValue(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri"
                + " 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'"
                + " http://127.0.0.1:8472");
    assertThat(page.body()).doesNotContain("style=\"", "<style", "onclick", "<script>");
  }

  @Test
  void everyFileThatThePageNamesIsThere() throws Exception {
    List<String> files = new ArrayList<>(found(OWN_FILE, ask("/console").body()));
    assertThat(files).hasSizeGreaterThan(10);
    for (String file : files) {
      HttpResponse<String> answer = ask("/" + file);
      assertThat(answer.statusCode()).as(file).isEqualTo(200);
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(files)
          .containsAll(found(IMPORT, answer.body()).stream().map(f -> "console/" + f).toList());
    }
    assertThat(ask("/console/console.js").headers().firstValue("Content-Type"))
        .hasValue("text/javascript; charset=utf-8");
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  @Test
  void theRootLeadsToThePage() throws Exception {
    HttpResponse<String> root = ask("/");

    assertThat(root.statusCode()).isEqualTo(302);
    assertThat(root.headers().firstValue("Location")).hasValue("console");
  }

  @Test
  void otherFilesAreNotServed() throws Exception {
    for (String path :
        List.of("/console/Feed.class", "/console/../metrics", "/console/%2e%2e/x", "/console/")) {
      assertThat(ask(path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void beforeTheModelIsLoadedTheFeedSaysSo() throws Exception {
    HttpResponse<String> feed = ask("/console/feed");

    assertThat(feed.statusCode()).isEqualTo(503);
    assertThat(feed.body()).isEqualTo("The router is loading its model\n");
  }

  @Test
  void theFeedIsAStreamOfEvents() throws Exception {
    console.open(new FakeSources().sources());
    console.timeline().closed(new FakeNode(8500));
    HttpResponse<InputStream> feed = watch();
    assertThat(feed.headers().firstValue("Content-Type"))
        .hasValue("text/event-stream; charset=utf-8");
    try (var lines =
        new BufferedReader(new InputStreamReader(feed.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("event: model");
      assertThat(lines.readLine()).startsWith("data: {\"name\":\"demo\"");
      assertThat(lines.readLine()).isEmpty();
      assertThat(lines.readLine()).isEqualTo("event: snapshot");
      assertThat(lines.readLine()).startsWith("data: {\"at\":").doesNotContain(FakeSources.PROMPT);
      assertThat(lines.readLine()).isEmpty();
      assertThat(lines.readLine()).isEqualTo("event: timeline");
      assertThat(lines.readLine()).contains("\"kind\":\"circuit_closed\"");
    }
  }

  @Test
  void tooManyWatchersAreRefused() throws Exception {
    console.open(new FakeSources().sources());
    List<InputStream> watching = new ArrayList<>();
    for (int i = 0; i < Feed.MOST_WATCHERS; i++) {
      watching.add(watch().body());
    }
    HttpResponse<String> refused = ask("/console/feed");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.body()).contains("watchers of the console is full");
    for (InputStream stream : watching) {
      stream.close(); // its place is free once the server has seen that
    }
    await().until(() -> watch().statusCode() == 200);
  }

  private HttpResponse<InputStream> watch() throws IOException, InterruptedException {
    return client.send(get("/console/feed"), HttpResponse.BodyHandlers.ofInputStream());
  }
}
