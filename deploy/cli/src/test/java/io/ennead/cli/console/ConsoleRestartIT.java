package io.ennead.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.node.NodeSecurity;
import io.ennead.node.http.Answer;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.Guard;
import io.ennead.node.http.HttpLimits;
import io.ennead.node.http.HttpObserver;
import io.ennead.node.http.HttpServer;
import io.ennead.node.http.Refusal;
import io.ennead.node.http.Route;
import io.ennead.node.http.StreamedAnswer;
import io.ennead.router.console.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page before a feed that a test writes, as of a router that is back before it was missed. */
@Timeout(180)
class ConsoleRestartIT {
  private static final String FEED = "/console/feed";
  private static final String MODEL =
      """
      {"name":"demo","family":"mixtral","dtype":"f32","fingerprint":"abc","layers":1,
       "moe_layers":[0],"experts":2,"experts_per_token":1,"score":"softmax",
       "context_length":512,"http_port":1,"prompts":false}
      """;
  private static final String SNAPSHOT =
      """
      {"at":%d,"router":{"missing":[],"running":0,"waiting":0,"waiting_tokens":0,
       "kv_usage":0,"prompt_tokens":0,"generated_tokens":0,"heap_bytes":1},
       "nodes":[],"rows":{},"requests":[],"all_requests":0}
      """;

  private final BlockingQueue<Exchange> feeds = new LinkedBlockingQueue<>();
  private long now = 1_700_000_000_000L;
  private Browser browser;
  private HttpServer server;

  @BeforeEach
  void start(@TempDir Path profile) throws IOException {
    Optional<Path> program = Browser.program();
    Assumptions.assumeTrue(program.isPresent(), "chromium is not installed (Debian: chromium)");
    browser = Browser.start(program.orElseThrow(), profile);
    List<Route> routes = new ArrayList<>(Console.read(false).routes());
    routes.removeIf(route -> route.path().equals(FEED));
    routes.add(Route.get(FEED, feeds::add));
    var options =
        new HttpServer.Options(
            "admin",
            "127.0.0.1",
            0,
            false,
            Duration.ofSeconds(1),
            HttpLimits.ADMIN,
            Refusal.Format.TEXT,
            Guard.NONE,
            HttpObserver.NONE);
    server = HttpServer.start(options, NodeSecurity.none(), routes);
  }

  @AfterEach
  void stop() throws IOException {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
    }
  }

  /** Begins the feed that the page asks for next. */
  private StreamedAnswer feed() throws InterruptedException {
    StreamedAnswer feed = feeds.take().stream(Answer.events());
    tell(feed, "model", MODEL);
    now += 1000;
    tell(feed, "snapshot", SNAPSHOT.formatted(now));
    return feed;
  }

  private static void tell(StreamedAnswer feed, String event, String json) {
    String data = json.replace("\n", "");
    feed.send("event: %s\ndata: %s\n\n".formatted(event, data).getBytes(UTF_8));
  }

  private static String incident(int id, String kind, String node) {
    return "{\"id\":%d,\"at\":%d,\"last\":1,\"kind\":\"%s\",\"node\":\"%s\",\"detail\":\"\",\"count\":1}"
        .formatted(id, 1_700_000_000_000L + id, kind, node);
  }

  private void awaitIncidents(String... expected) {
    String shown = "[...document.querySelectorAll('#incidents strong')].map(p => p.textContent)";
    browser.await("%s.join() === '%s'".formatted(shown, String.join(",", expected)));
  }

  @Test
  void incidentsAreThoseOfTheRouterThatAnswers() throws InterruptedException {
    browser.open("http://127.0.0.1:%d/console".formatted(server.port()));
    StreamedAnswer before = feed();
    tell(
        before,
        "timeline",
        "[%s,%s]".formatted(incident(1, "ready", "a"), incident(2, "lost", "b")));
    awaitIncidents("b", "a");
    before.end();

    StreamedAnswer after = feed();
    tell(after, "timeline", "[%s]".formatted(incident(1, "ready", "c")));
    awaitIncidents("c");
    assertThat(browser.text("#incident-news")).as("what was there before is no news").isEmpty();
    tell(after, "timeline", "[%s]".formatted(incident(2, "lost", "c")));
    awaitIncidents("c", "c");
    assertThat(browser.text("#incident-news")).isEqualTo("c is lost");
    after.end();

    feed();
    browser.await("document.querySelector('#incidents-none').hidden === false");
    awaitIncidents();
    assertThat(browser.complaints()).isEmpty();
  }
}
