package io.ennead.router.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.node.NodeSecurity;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.Guard;
import io.ennead.node.http.HttpLimits;
import io.ennead.node.http.HttpServer;
import io.ennead.node.http.Route;
import io.ennead.router.api.ApiFixture;
import io.ennead.router.api.FakeGenerator;
import io.ennead.router.api.Responses;
import io.ennead.router.generate.ByteCodec;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WholeReplyTest {
  private final BlockingQueue<Exchange> asked = new LinkedBlockingQueue<>();
  private final BlockingQueue<Thread> writers = new LinkedBlockingQueue<>();
  private final HttpServer server =
      HttpServer.start(
          new HttpServer.Options(
              "test",
              "127.0.0.1",
              0,
              false,
              Duration.ofSeconds(5),
              HttpLimits.ADMIN,
              Answers.REFUSALS,
              Guard.NONE,
              (route, status, time) -> {}),
          NodeSecurity.none(),
          List.of(Route.get("/v1/models", asked::add)));

  /** Completions, and who writes them. */
  private final class Watched implements ChoiceFormat {
    private final ChoiceFormat completions = new CompletionFormat(new TokenNames(new ByteCodec()));

    @Override
    public String idPrefix() {
      return completions.idPrefix();
    }

    @Override
    public String object(boolean chunk) {
      return completions.object(chunk);
    }

    @Override
    public boolean opening(ObjectNode choice) {
      return completions.opening(choice);
    }

    @Override
    public void part(ObjectNode choice, String text) {
      completions.part(choice, text);
    }

    @Override
    public void closing(ObjectNode choice) {
      completions.closing(choice);
    }

    @Override
    public void whole(ObjectNode choice, String text) {
      writers.add(Thread.currentThread());
      completions.whole(choice, text);
    }

    @Override
    public JsonNode logprobs(List<TokenLogprob> tokens, int offset) {
      return completions.logprobs(tokens, offset);
    }

    @Override
    public int length(TokenLogprob token) {
      return completions.length(token);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private CompletableFuture<HttpResponse<String>> ask() {
    URI uri = URI.create("http://127.0.0.1:%d/v1/models".formatted(server.port()));
    return HttpClient.newHttpClient()
        .sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private WholeReply reply(Exchange exchange) {
    var model =
        ApiFixture.model(
            new FakeGenerator(),
            job -> {
              throw new AssertionError("scored");
            },
            (layer, phase, rows, routing, scope, observer) -> {
              throw new AssertionError("computed");
            });
    var envelope = new Envelope("cmpl-1", 0, model.info(), new Watched(), false);
    return new WholeReply(exchange, envelope, new Answers(Map.of()), 1, 1000);
  }

  @Test
  void whoeverTellsTheLastTokenDoesNotWriteTheAnswer() throws Exception {
    CompletableFuture<HttpResponse<String>> response = ask();
    WholeReply reply = reply(asked.take());
    GenerateResponse text = Responses.piece("1", HttpFixture.piece(0, "abc"));
    assertThat(reply.piece(0, text)).isTrue();
    reply.finished(0, Responses.finish("1", HttpFixture.finish(0)), true);

    assertThat(HttpFixture.json(response.get(20, TimeUnit.SECONDS)).at("/choices/0/text").asText())
        .isEqualTo("abc");
    assertThat(writers.take()).isNotEqualTo(Thread.currentThread());
    assertThat(writers).isEmpty();
  }
}
