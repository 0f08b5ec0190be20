package io.ennead.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ennead.node.NodeSecurity;
import io.ennead.node.http.Exchange.Gone;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Routes take paths of the rules of access, which deny every other. */
@Timeout(60)
class HttpServerTest {
  private static final String GET = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String POST = "POST /readyz HTTP/1.1\r\nHost: x\r\n";
  private static final String JSON = "Content-Type: application/json; charset=utf-8\r\n";
  private static final String STREAM = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final int MAX_BODY = 100;

  private final BlockingQueue<StreamedAnswer> streams = new LinkedBlockingQueue<>();
  private final BlockingQueue<Gone> gone = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> observed = new LinkedBlockingQueue<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final BlockingQueue<Boolean> answered = new LinkedBlockingQueue<>();
  private final HttpServer server = start(limits(20, 4, Duration.ofSeconds(20)));

  private static HttpLimits limits(int connections, int requests, Duration stall) {
    return new HttpLimits(
        connections,
        requests,
        2,
        8 << 10,
        150,
        Duration.ofSeconds(2),
        Duration.ofSeconds(2),
        1 << 20,
        stall);
  }

  private HttpServer.Options options(HttpLimits limits) {
    return new HttpServer.Options(
        "test",
        "127.0.0.1",
        0,
        false,
        Duration.ofSeconds(10),
        limits,
        Refusal.Format.TEXT,
        Guard.NONE,
        (route, status, time) -> observed.add(route + " " + status));
  }

  private HttpServer start(HttpLimits limits) {
    List<Route> routes =
        List.of(
            Route.get("/livez", exchange -> exchange.answer(Answer.text(200, "ok\n"))),
            Route.post("/readyz", "application/json", MAX_BODY, this::echo),
            Route.get("/console", this::later),
            Route.get("/console/*", exchange -> exchange.answer(Answer.text(200, path(exchange)))),
            Route.get("/metrics", this::stream));
    return HttpServer.start(options(limits), NodeSecurity.none(), routes);
  }

  private static String path(Exchange exchange) {
    return exchange.request().path() + "\n";
  }

  private void echo(Exchange exchange) throws InterruptedException {
    String body = new String(exchange.request().body(), StandardCharsets.UTF_8);
    if (body.equals("fail")) {
      throw new IllegalStateException("as asked for");
    }
    if (body.startsWith("wait")) {
      release.await();
    }
    exchange.answer(Answer.text(200, body));
  }

  /** Has the answer made while the handler still runs, and fails after that. */
  private void later(Exchange exchange) {
    Thread caller = Thread.currentThread();
    exchange.answerLater(
        () -> {
          if (exchange.request().query().equals("fail")) {
            throw new IllegalStateException("as asked for");
          }
          String maker = Thread.currentThread() == caller ? "caller" : "other";
          return Answer.text(200, maker + " " + Thread.currentThread().getName() + "\n");
        });
    answered.add(exchange.answered());
    assertThatThrownBy(() -> exchange.answer(Answer.text(200, "twice")))
        .isInstanceOf(IllegalStateException.class);
    throw new IllegalStateException("after the answer");
  }

  private void stream(Exchange exchange) {
    exchange.onGone(gone::add);
    streams.add(exchange.stream(Answer.events()));
  }

  @AfterEach
  void stop() {
    release.countDown();
    streams.forEach(StreamedAnswer::end);
    server.close();
  }

  private RawHttp connect() throws IOException {
    return new RawHttp(server.port());
  }

  private String status(String request) throws IOException {
    try (RawHttp client = connect()) {
      String head = client.send(request).head();
      return head.substring(9, 12);
    }
  }

  private static String post(String body) {
    return POST + JSON + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void requestsOfAConnectionAreAnsweredInOrderHoweverTheyArrive() throws IOException {
    try (RawHttp client = connect()) {
      client.send(post("first") + GET + post("second") + "GET /nothing HTTP/1.1\r\n\r\n" + GET);
      assertThat(client.readTo("first")).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(client.readTo("ok\n")).contains("\r\ncontent-length: 3\r\n");
      client.readTo("second");
      assertThat(client.readTo("not found\n")).contains(" 404 ");
      client.readTo("ok\n");
      client.send(GET);
      assertThat(client.readTo("ok\n")).doesNotContain("closed");
    }
  }

  @Test
  void connectionsEndWhenTheyAreToldToOrSpeakHttp10() throws IOException {
    try (RawHttp client = connect()) {
      client.send("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n");
      assertThat(client.rest()).contains("connection: close").endsWith("ok\n");
    }
    try (RawHttp client = connect()) {
      assertThat(client.send("GET /livez HTTP/1.0\r\n\r\n").rest()).endsWith("\r\n\r\nok\n");
    }
  }

  @Test
  void idleConnectionsEnd() throws IOException {
    try (RawHttp client = connect()) {
      client.send(GET).readTo("ok\n");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void whatIsWrongWithAHeadIsSaidByItsStatus() throws IOException {
    assertThat(status("GET /nothing HTTP/1.1\r\n\r\n")).isEqualTo("404");
    assertThat(status("GET /livez/ HTTP/1.1\r\n\r\n")).isEqualTo("404");
    assertThat(status("POST /livez HTTP/1.1\r\n\r\n")).isEqualTo("405");
    assertThat(status(POST + "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"))
        .isEqualTo("415");
    assertThat(status(POST + "Content-Length: 1\r\n\r\nx")).isEqualTo("415");
    assertThat(status(POST + JSON + "Expect: more\r\nContent-Length: 1\r\n\r\nx")).isEqualTo("417");
    assertThat(status("GET /livez HTTP/1.1\r\nX: " + "x".repeat(9 << 10) + "\r\n\r\n"))
        .isEqualTo("431");
    assertThat(status("GET /" + "x".repeat(9 << 10) + " HTTP/1.1\r\n\r\n")).isEqualTo("414");
    assertThat(status(POST + "Content-Length: 1\r\nContent-Length: 9\r\n\r\nx")).isEqualTo("400");
    assertThat(status("GET /livez%zz HTTP/1.1\r\n\r\n")).isEqualTo("404");
    assertThat(status("\u0000\u0001 nonsense\r\n\r\n")).isEqualTo("400");
  }

  @Test
  void tooLongBodiesAreRefusedWhetherAnnouncedOrNot() throws IOException {
    assertThat(status(post("x".repeat(MAX_BODY)))).isEqualTo("200");
    assertThat(status(post("x".repeat(MAX_BODY + 1)))).isEqualTo("413");
    assertThat(status(POST + JSON + "Content-Length: 9223372036854775807\r\n\r\nx"))
        .isEqualTo("413");
    String chunks = "32\r\n" + "x".repeat(50) + "\r\n";
    String chunked = POST + JSON + "Transfer-Encoding: chunked\r\n\r\n";
    assertThat(status(chunked + chunks + chunks + "0\r\n\r\n")).isEqualTo("200");
    assertThat(status(chunked + chunks + chunks + chunks)).isEqualTo("413");
  }

  @Test
  void aClientThatSendsAllOfARefusedBodySeesTheAnswer() throws IOException {
    try (RawHttp client = connect()) {
      assertThat(client.send(post("x".repeat(4 << 20))).rest())
          .startsWith("HTTP/1.1 413 ")
          .contains("connection: close");
    }
  }

  @Test
  void bodiesAreAskedForWhenTheHeadIsAcceptable() throws IOException {
    try (RawHttp client = connect()) {
      client.send(POST + JSON + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      assertThat(client.head()).startsWith("HTTP/1.1 100 Continue");
      assertThat(client.send("hi").readTo("hi")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void bodiesOfAllRequestsTogetherAreBounded() throws Exception {
    try (RawHttp first = connect()) {
      first.send(post("wait" + "x".repeat(90)));
      String other = post("x".repeat(90));
      await().until(() -> status(other).equals("503"));
      release.countDown();
      assertThat(first.head()).startsWith("HTTP/1.1 200");
      await().until(() -> status(other).equals("200"));
    }
  }

  @Test
  void moreRequestsThanAllowedAtATimeAreRefused() throws Exception {
    List<RawHttp> open = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        open.add(connect().send(STREAM));
        assertThat(open.get(i).head()).startsWith("HTTP/1.1 200");
      }
      try (RawHttp client = connect()) {
        assertThat(client.send(GET).head()).startsWith("HTTP/1.1 503").contains("Retry-After: 1");
      }
    } finally {
      for (RawHttp client : open) {
        client.close();
      }
    }
    await().until(() -> status(GET).equals("200"));
  }

  @Test
  void moreConnectionsThanAllowedAreClosed() throws Exception {
    HttpServer small = start(limits(2, 4, Duration.ofSeconds(20)));
    try (RawHttp first = new RawHttp(small.port());
        RawHttp second = new RawHttp(small.port())) {
      first.send(GET).readTo("ok\n");
      second.send(GET).readTo("ok\n");
      try (RawHttp third = new RawHttp(small.port())) {
        assertThat(third.rest()).isEmpty();
      }
    } finally {
      small.close();
    }
  }

  @Test
  void anErrorOfAHandlerIsOneAnswer() throws IOException {
    assertThat(status(post("fail"))).isEqualTo("500");
    assertThat(status(GET)).isEqualTo("200");
  }

  @Test
  void aPathThatCannotBeDecodedIsRefused() throws IOException {
    try (RawHttp client = connect()) {
      for (String path : List.of("%zz", "a%2", "%")) {
        client.send("GET /console/%s HTTP/1.1\r\n\r\n".formatted(path));
        assertThat(client.readTo("9112 has it\n")).startsWith("HTTP/1.1 400");
      }
      client.send("GET /console/a%20b HTTP/1.1\r\n\r\n");
      assertThat(client.readTo("/console/a b\n")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void anAnswerIsMadeByAHandlerAndGivenOnce() throws Exception {
    try (RawHttp client = connect()) {
      client.send("GET /console HTTP/1.1\r\n\r\n");
      assertThat(client.readTo("\n\r\n") + client.readTo("\n"))
          .startsWith("HTTP/1.1 200")
          .contains("other test-http-handler-");
      assertThat(answered.take()).isTrue();
      assertThat(client.send(GET).readTo("ok\n")).startsWith("HTTP/1.1 200");
    }
    assertThat(status("GET /console?fail HTTP/1.1\r\n\r\n")).isEqualTo("500");
  }

  @Test
  void anAnswerThatNoHandlerCanMakeIsMadeAtOnce() {
    ExecutorService closed = Executors.newSingleThreadExecutor();
    closed.shutdown();
    HttpService service =
        new HttpService(
            new Routes(List.of()),
            NodeSecurity.none().gatekeeper(),
            options(limits(20, 4, Duration.ofSeconds(20))),
            closed,
            new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE));
    List<Answer> made = new ArrayList<>();
    service.make(() -> Answer.text(200, "made"), made::add);
    assertThat(made).extracting(Answer::status).containsExactly(200);
  }

  @Test
  void partsArriveAsTheyAreSent() throws Exception {
    try (RawHttp client = connect()) {
      assertThat(client.send(STREAM).head())
          .contains("Content-Type: text/event-stream; charset=utf-8")
          .contains("transfer-encoding: chunked");
      StreamedAnswer stream = streams.take();
      stream.event("{\"a\":1}");
      assertThat(client.readTo("\n\n\r\n")).isEqualTo("f\r\ndata: {\"a\":1}\n\n\r\n");
      stream.end();
      stream.event("dropped");
      assertThat(client.readTo("0\r\n\r\n")).isEqualTo("0\r\n\r\n");
      assertThat(client.send(GET).readTo("ok\n")).startsWith("HTTP/1.1 200");
    }
    assertThat(gone).isEmpty();
    assertThat(observed.take()).isEqualTo("/metrics 200");
  }

  @Test
  void oldClientsGetStreamsWithoutChunks() throws Exception {
    try (RawHttp client = connect()) {
      client.send("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      StreamedAnswer stream = streams.take();
      stream.event("x");
      stream.end();
      assertThat(client.rest()).contains("connection: close").endsWith("\r\n\r\ndata: x\n\n");
    }
  }

  @Test
  void headOfAStreamIsItsHeadAlone() throws Exception {
    try (RawHttp client = connect()) {
      client.send("HEAD /metrics HTTP/1.1\r\n\r\n");
      client.head();
      assertThat(gone.take()).isEqualTo(Gone.LEFT);
      assertThat(client.send(GET).readTo("ok\n")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void whoLeavesIsNoticedThoughNothingIsSent() throws Exception {
    try (RawHttp client = connect()) {
      client.send(STREAM).head();
    }
    assertThat(gone.poll(20, TimeUnit.SECONDS)).isEqualTo(Gone.LEFT);
    assertThat(observed.take()).isEqualTo("/metrics 200");
  }

  @Test
  void aReaderThatLeavesTooMuchIsCutOff() throws Exception {
    try (RawHttp client = connect()) {
      client.send(STREAM).head();
      StreamedAnswer stream = streams.take();
      byte[] part = new byte[100_000];
      while (gone.isEmpty()) {
        stream.send(part);
        assertThat(stream.unread()).isLessThanOrEqualTo(1 << 20);
      }
      assertThat(gone.take()).isEqualTo(Gone.OVERFLOW);
    }
  }

  @Test
  void aReaderThatStallsIsCutOff() throws Exception {
    HttpServer hasty = start(limits(20, 4, Duration.ofMillis(300)));
    try (RawHttp client = new RawHttp(hasty.port())) {
      client.send(STREAM).head();
      StreamedAnswer stream = streams.take();
      await()
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> {
                if (stream.unread() < 500_000) { // until the system's buffers are full as well
                  stream.send(new byte[100_000]);
                }
                return !gone.isEmpty();
              });
      assertThat(gone.take()).isEqualTo(Gone.STALLED);
    } finally {
      hasty.close();
    }
  }

  @Test
  void closingWaitsForStreamsAndTakesNoMore() throws Exception {
    try (RawHttp client = connect();
        RawHttp idle = connect()) {
      idle.send(GET).readTo("ok\n");
      client.send(STREAM).head();
      StreamedAnswer stream = streams.take();
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      assertThat(idle.rest()).isEmpty();
      await()
          .untilAsserted(() -> assertThatThrownBy(this::connect).isInstanceOf(IOException.class));
      stream.event("last");
      stream.end();
      assertThat(client.rest()).contains("data: last\n\n").endsWith("0\r\n\r\n");
      closing.get(20, TimeUnit.SECONDS);
      assertThat(gone).isEmpty();
    }
  }
}
