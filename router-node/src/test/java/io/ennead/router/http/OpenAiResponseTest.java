package io.ennead.router.http;

import static io.ennead.router.http.HttpFixture.finish;
import static io.ennead.router.http.HttpFixture.json;
import static io.ennead.router.http.HttpFixture.likely;
import static io.ennead.router.http.HttpFixture.piece;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.ByteCodec;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo.Reason;
import io.ennead.router.generate.GenerationRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the two routes answer, by the letter; ids, dates and times of day are left out. */
@Timeout(60)
class OpenAiResponseTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";
  private static final String HI = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @TempDir Path directory;
  private HttpFixture router;

  @BeforeEach
  void start() throws IOException {
    router = new HttpFixture(Optional.of(directory), Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    router.close();
  }

  private void says(String... texts) {
    router.generator.behaviour =
        (request, sink) -> {
          for (int i = 0; i < request.continuations(); i++) {
            for (String text : texts) {
              sink.piece(piece(i, text));
            }
            sink.finished(finish(i));
          }
        };
  }

  private static String plain(String body) {
    return body.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "ID").replaceAll("\\d{10}", "TIME");
  }

  @Test
  void aCompletionIsOneObject() throws Exception {
    says("a", "bc");
    HttpResponse<String> response =
        router.post(COMPLETIONS, "{\"prompt\":\"xy\",\"model\":\"tiny\"}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(plain(response.body()))
        .isEqualTo(
            "{\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":TIME,\"model\":\"tiny\","
                + "\"system_fingerprint\":\"f00d\",\"choices\":[{\"index\":0,\"text\":\"abc\","
                + "\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":5,"
                + "\"completion_tokens\":3,\"total_tokens\":8,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":2}}}");
    assertThat(response.headers().map()).containsKey("x-request-id");
    assertThat(response.headers().firstValue("x-ennead-mixed-numerics")).contains("true");
    assertThat(json(response).get("id").asText())
        .isEqualTo("cmpl-" + response.headers().firstValue("x-request-id").orElseThrow());
    GenerationRequest read = router.generator.request;
    assertThat(read.prompt()).containsExactly(256, 'x', 'y');
    assertThat(read.stopping().maxTokens()).isEqualTo(16);
    assertThat(read.sampling().temperature().value()).isEqualTo(0.7); // the model's default
  }

  @Test
  void theDefaultLengthGivesWayToTheContext() throws Exception {
    says("a");
    String prompt = "x".repeat(25);
    assertThat(router.post(COMPLETIONS, "{\"prompt\":\"%s\"}".formatted(prompt)).statusCode())
        .isEqualTo(200);
    assertThat(router.generator.request.stopping().maxTokens()).isEqualTo(6);
    assertThat(
            router
                .post(COMPLETIONS, "{\"prompt\":\"%s\",\"max_tokens\":16}".formatted(prompt))
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void aChatCompletionIsOneObject() throws Exception {
    says("yes");
    HttpResponse<String> response = router.post(CHAT, HI + "}");
    assertThat(plain(response.body()))
        .isEqualTo(
            "{\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion\",\"created\":TIME,"
                + "\"model\":\"tiny\",\"system_fingerprint\":\"f00d\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\"yes\",\"refusal\":null},"
                + "\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":5,"
                + "\"completion_tokens\":3,\"total_tokens\":8,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":2}}}");
    assertThat(new String(router.generator.request.prompt(), 0, 10)).isEqualTo("user:hi|a:");
    assertThat(router.generator.request.stopping().maxTokens()).isEqualTo(32 - 10);
  }

  @Test
  void textPartsAreOneText() throws Exception {
    says("yes");
    String parts =
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
            + "{\"type\":\"text\",\"text\":\"b\"}]}],\"max_completion_tokens\":2}";
    assertThat(router.post(CHAT, parts).statusCode()).isEqualTo(200);
    assertThat(new String(router.generator.request.prompt(), 0, 11)).isEqualTo("user:a\nb|a:");
    assertThat(router.generator.request.stopping().maxTokens()).isEqualTo(2);
  }

  @Test
  void aStreamedCompletionEndsWithItsUsageAndDone() throws Exception {
    says("a", "", "bc");
    HttpResponse<String> response =
        router.post(
            COMPLETIONS,
            "{\"prompt\":\"xy\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    String head =
        "data: {\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":TIME,\"model\":\"tiny\","
            + "\"system_fingerprint\":\"f00d\",\"choices\":[";
    String choice =
        "{\"index\":0,\"text\":\"%s\",\"logprobs\":null,\"finish_reason\":%s}],\"usage\":null}\n\n";
    assertThat(plain(response.body()))
        .isEqualTo(
            head
                + choice.formatted("a", "null")
                + head
                + choice.formatted("bc", "null")
                + head
                + choice.formatted("", "\"length\"")
                + head
                + "],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":8,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\ndata: [DONE]\n\n");
  }

  @Test
  void aStreamedChatBeginsWithTheRoleOfEachChoice() throws Exception {
    says("a");
    HttpResponse<String> response = router.post(CHAT, HI + ",\"stream\":true,\"n\":2}");
    String choices =
        response
            .body()
            .lines()
            .filter(line -> line.startsWith("data: {"))
            .map(line -> line.replaceAll(".*\"choices\":\\[(.*)\\]}", "$1"))
            .collect(Collectors.joining("\n"));
    String end = ",\"logprobs\":null,\"finish_reason\":";
    assertThat(choices)
        .isEqualTo(
            ("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}#null}\n"
                    + "{\"index\":0,\"delta\":{\"content\":\"a\"}#null}\n"
                    + "{\"index\":0,\"delta\":{}#\"length\"}\n"
                    + "{\"index\":1,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}#null}\n"
                    + "{\"index\":1,\"delta\":{\"content\":\"a\"}#null}\n"
                    + "{\"index\":1,\"delta\":{}#\"length\"}")
                .replace("#", end));
    assertThat(response.body()).endsWith("data: [DONE]\n\n");
  }

  @Test
  void eachPromptHasItsChoices() throws Exception {
    says("a");
    JsonNode response = json(router.post(COMPLETIONS, "{\"prompt\":[\"x\",\"y\"],\"n\":2}"));
    assertThat(response.get("choices").findValuesAsText("index"))
        .containsExactly("0", "1", "2", "3");
    assertThat(response.get("usage").get("prompt_tokens").asInt()).isEqualTo(10);
    assertThat(response.get("usage").get("completion_tokens").asInt()).isEqualTo(12);
    json(router.post(COMPLETIONS, "{\"prompt\":[1,2]}"));
    assertThat(router.generator.request.prompt()).containsExactly(1, 2);
    assertThat(json(router.post(COMPLETIONS, "{\"prompt\":[[1,2],[3]]}")).get("choices"))
        .hasSize(2);
  }

  @Test
  void logprobsOfCompletionsAreColumnsAndTellWhatIsNoCharacter() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          sink.piece(likely('a', "a", -0.5, 'b'));
          sink.piece(likely(0xE2, "", -1, 256));
          sink.finished(finish(0));
        };
    JsonNode response = json(router.post(COMPLETIONS, "{\"prompt\":\"x\",\"logprobs\":2}"));
    assertThat(response.get("choices").get(0).get("logprobs").toString())
        .isEqualTo(
            "{\"tokens\":[\"a\",\"bytes:\\\\xe2\"],\"token_logprobs\":[-0.5,-1.0],"
                + "\"top_logprobs\":[{\"a\":-0.5,\"b\":-1.5},{\"bytes:\\\\xe2\":-1.0,\"%s\":-2.0}],"
                    .formatted(mark())
                + "\"text_offset\":[0,1]}");
    assertThat(router.generator.request.logprobs()).hasValue(2);
  }

  private static String mark() {
    return new ByteCodec().token(256);
  }

  @Test
  void logprobsOfChatsAreRows() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          sink.piece(likely('a', "a", -0.5, 'b'));
          sink.finished(finish(0));
        };
    JsonNode response = json(router.post(CHAT, HI + ",\"logprobs\":true,\"top_logprobs\":2}"));
    assertThat(response.get("choices").get(0).get("logprobs").toString())
        .isEqualTo(
            "{\"content\":[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":["
                + "{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97]},"
                + "{\"token\":\"b\",\"logprob\":-1.5,\"bytes\":[98]}]}],\"refusal\":null}");
  }

  @Test
  void detailsComeWhenTheyAreAskedFor() throws Exception {
    says("a", "b");
    String[] asks = {
      "\"return_token_ids\":true",
      "\"trace\":{\"level\":\"TRACE_LEVEL_SUMMARY\"}",
      "\"routing\":{\"temperature\":0.5}",
      "\"sampling\":{\"topNSigma\":2, \"temperature\":\"-Infinity\"}"
    };
    for (String ask : asks) {
      JsonNode choice =
          json(router.post(COMPLETIONS, "{\"prompt\":\"x\",%s}".formatted(ask)))
              .get("choices")
              .get(0);
      assertThat(choice.get("ennead").get("token_ids").toString()).as(ask).isEqualTo("[97,98]");
      assertThat(choice.get("ennead").get("finish").get("reason").asText())
          .isEqualTo("FINISH_REASON_LENGTH");
      assertThat(choice.get("ennead").get("finish").get("seed").asText()).isEqualTo("7");
    }
    assertThat(router.generator.request.sampling().temperature().value())
        .isEqualTo(Double.NEGATIVE_INFINITY);
    String stream =
        router
            .post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true,\"return_token_ids\":true}")
            .body();
    assertThat(stream)
        .contains(
            "\"text\":\"a\",\"logprobs\":null,\"finish_reason\":null,\"ennead\":{\"token_ids\":[97]}")
        .contains("\"finish_reason\":\"length\",\"ennead\":{\"finish\":{\"reason\":");
  }

  @Test
  void tokensWithoutTheirExpertsAreToldUnasked() throws Exception {
    Degraded degraded = Degraded.token(Map.of(1, Set.of(3, 5)));
    router.generator.behaviour = (request, sink) -> sink.finished(finish(0, Reason.EOS, degraded));
    HttpResponse<String> whole = router.post(COMPLETIONS, "{\"prompt\":\"x\"}");
    assertThat(whole.headers().firstValue("x-degraded-experts")).contains("3,5");
    JsonNode choice = json(whole).get("choices").get(0);
    assertThat(choice.get("finish_reason").asText()).isEqualTo("stop");
    assertThat(choice.get("ennead").toString())
        .isEqualTo("{\"finish\":{\"degraded\":{\"tokens\":1,\"layers\":[1],\"experts\":[3,5]}}}");
    assertThat(router.post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true}").body())
        .contains("\"ennead\":{\"finish\":{\"degraded\":{");
  }

  @Test
  void whatFailsBeforeAnyTextHasAStatusAndLaterAnEvent() throws Exception {
    router.generator.behaviour =
        (request, sink) ->
            sink.failed(ServingException.queueFull("requests", 3, Duration.ofMillis(1500)));
    for (String stream : new String[] {"true", "false"}) {
      HttpResponse<String> refused =
          router.post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":%s}".formatted(stream));
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).contains("2");
      assertThat(json(refused).get("error").get("code").asText()).isEqualTo("QUEUE_FULL");
      assertThat(json(refused).get("error").get("type").asText()).isEqualTo("rate_limit_error");
    }
    router.generator.behaviour =
        (request, sink) -> {
          sink.piece(piece(0, "a"));
          sink.failed(ServingException.deadlineExceeded("too late"));
        };
    String body = router.post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true}").body();
    assertThat(body)
        .endsWith(
            "data: {\"error\":{\"message\":\"too late\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"DEADLINE_EXCEEDED\"}}\n\n");
  }

  @Test
  void whatTheGeneratorRefusesIsAnsweredAndEndsThePromptsBefore() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          if (request.prompt().length == 3) {
            throw ServingException.queueFull("requests", 3, Duration.ofSeconds(1));
          }
        };
    assertThat(router.post(COMPLETIONS, "{\"prompt\":[\"x\",\"yz\"]}").statusCode()).isEqualTo(429);
    assertThat(router.generator.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anAnswerThatIsTooLongForOneObjectIsRefusedAndItsGenerationEnds() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          for (int i = 0; i < 20; i++) {
            sink.piece(piece(0, "x".repeat(100_000)));
          }
        };
    HttpResponse<String> refused = router.post(COMPLETIONS, "{\"prompt\":\"x\"}");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(json(refused).get("error").get("param").asText()).isEqualTo("stream");
    assertThat(router.generator.cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClientThatLeavesEndsItsGeneration() throws Exception {
    for (String stream : new String[] {"true", "false"}) {
      try (HttpFixture other = new HttpFixture(Optional.empty(), Duration.ofMinutes(1));
          Socket client = open(other, "{\"prompt\":\"x\",\"stream\":%s}".formatted(stream))) {
        other.generator.sink.get(20, TimeUnit.SECONDS);
        client.close();
        assertThat(other.generator.cancelled.await(20, TimeUnit.SECONDS)).as(stream).isTrue();
      }
    }
  }

  @Test
  void aClientThatDoesNotReadIsCutOffAndCounted() throws Exception {
    HttpFixture other = router;
    try (Socket client = open(other, "{\"prompt\":\"x\",\"stream\":true}")) {
      var sink = other.generator.sink.get(20, TimeUnit.SECONDS);
      String text = "x".repeat(100_000);
      while (other.generator.cancelled.getCount() > 0) {
        sink.piece(piece(0, text));
      }
      assertThat(client.isConnected()).isTrue();
    }
    assertThat(other.cutReaders()).isEqualTo(1);
  }

  private static Socket open(HttpFixture router, String body) throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(4096);
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), router.port()));
    client
        .getOutputStream()
        .write(
            ("POST /v1/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body)
                .getBytes(StandardCharsets.US_ASCII));
    return client;
  }

  @Test
  void modelsAreListed() throws Exception {
    JsonNode list = json(router.get("/v1/models"));
    assertThat(list.get("object").asText()).isEqualTo("list");
    JsonNode model = list.get("data").get(0);
    assertThat(model.get("id").asText()).isEqualTo("tiny");
    assertThat(model.get("max_model_len").asInt()).isEqualTo(32);
    assertThat(json(router.get("/v1/models/tiny"))).isEqualTo(model);
    HttpResponse<String> other = router.get("/v1/models/other");
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(json(other).get("error").get("param").asText()).isEqualTo("model");
  }

  @Test
  void ignoredParametersAreTold() throws Exception {
    says("a");
    HttpResponse<String> response =
        router.post(
            COMPLETIONS,
            "{\"prompt\":\"x\",\"user\":\"me\",\"metadata\":{\"a\":\"b\"},\"store\":false,"
                + "\"service_tier\":\"auto\",\"best_of\":1,\"seed\":null}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-ennead-ignored"))
        .contains("user, metadata, service_tier");
  }

  @Test
  void aTimeLimitIsTheDeadline() throws Exception {
    says("a");
    long before = System.nanoTime();
    var request =
        router
            .request(COMPLETIONS)
            .header("Content-Type", "application/json")
            .header("x-request-timeout-seconds", "2.5")
            .POST(BodyPublishers.ofString("{\"prompt\":\"x\"}"))
            .build();
    assertThat(router.send(request).statusCode()).isEqualTo(200);
    assertThat(router.generator.request.deadlineNanos() - before)
        .isBetween(2_500_000_000L, 60_000_000_000L);
  }
}
