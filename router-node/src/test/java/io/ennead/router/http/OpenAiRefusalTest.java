package io.ennead.router.http;

import static io.ennead.router.http.HttpFixture.json;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, and that the error names it as it was sent. */
@Timeout(60)
class OpenAiRefusalTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";

  private static HttpFixture router;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    router = new HttpFixture(Optional.of(directory), Duration.ofMinutes(1));
    router.generator.behaviour =
        (request, sink) -> {
          throw new AssertionError("should not be generated");
        };
  }

  @AfterAll
  static void stop() {
    router.close();
  }

  private static JsonNode refused(String path, String body) throws Exception {
    HttpResponse<String> response = router.post(path, body);
    assertThat(response.statusCode()).as(body).isEqualTo(400);
    JsonNode error = json(response).get("error");
    assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
    return error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "temperature; 'hot'",
        "temperature; 1e400",
        "top_p; 1.5",
        "top_p; true",
        "top_k; -2",
        "min_p; -1",
        "typical_p; 0",
        "presence_penalty; 3",
        "frequency_penalty; -2.5",
        "repetition_penalty; 0",
        "n; 0",
        "n; 4",
        "n; 1.5",
        "max_tokens; 0",
        "max_tokens; 33",
        "min_tokens; 17",
        "ignore_eos; 1",
        "stop; 7",
        "stop; ['a','']; stop[1]",
        "seed; -1",
        "seed; 99999999999999999999",
        "stream; 'yes'",
        "stream_options; {'include_usage':true}",
        "logit_bias; {'x':1}",
        "logit_bias; {'999':1}; logit_bias[999]",
        "logit_bias; {'1':'a'}; logit_bias.1",
        "bad_words; ['']; bad_words[0]",
        "allowed_token_ids; []",
        "allowed_token_ids; [999]; allowed_token_ids[0]",
        "logprobs; 21",
        "logprobs; true",
        "model; 5",
        "priority; 3",
        "prompt; 5",
        "prompt; []",
        "prompt; [300]; prompt[0]",
        "prompt; [[]]",
        "prompt; ['a', 5]",
        "prompt; '0123456789012345678901234567890123456789'",
        "prompt; '\\ud800'",
        "sampling; 5",
        "sampling; {'no_such':1}",
        "sampling; {'min_p':7}; sampling.min_p",
        "routing; {'temperature':'NaN'}; routing.temperature",
        "routing; {'experts_per_token':9}; routing.experts_per_token",
        "trace; {'layers':[7],'level':'TRACE_LEVEL_FULL'}; trace.layers[0]",
        "echo; true",
        "suffix; 'x'",
        "best_of; 2",
        "store; true",
        "service_tier; 'flex'",
        "response_format; {'type':'json_object'}",
        "response_format; {'type':'json_schema','json_schema':{}}",
        "stop_token_ids; [1]",
        "use_beam_search; true",
        "prompt_logprobs; 1",
        "guided_json; {}",
        "messages; []",
        "frobnicate; null",
        "frobnicate; 1"
      })
  void aCompletionsParameterIsNamed(String row) throws Exception {
    String[] parts = row.split("; ");
    String name = parts[0];
    String value = parts[1];
    String named = parts.length > 2 ? parts[2] : name;
    String prompt = name.equals("prompt") ? "" : "\"prompt\":\"x\",";
    String body = "{%s\"%s\":%s}".formatted(prompt, name, value.replace('\'', '"'));
    JsonNode error = refused(COMPLETIONS, body);
    assertThat(error.get("param").asText()).as(body).isEqualTo(named);
    assertThat(error.get("message").asText()).startsWith(error.get("param").asText() + ": ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tools; [{'type':'function'}]",
        "tool_choice; 'auto'",
        "functions; [{}]",
        "function_call; 'auto'",
        "audio; {}",
        "modalities; ['text','audio']",
        "prediction; {}",
        "reasoning_effort; 'low'",
        "web_search_options; {}",
        "top_logprobs; 2",
        "logprobs; 2",
        "echo; true",
        "chat_template; 'x'",
        "prompt; 'x'"
      })
  void aChatsParameterIsNamed(String row) throws Exception {
    String name = row.split("; ")[0];
    String value = row.split("; ")[1];
    String body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"%s\":%s}"
            .formatted(name, value.replace('\'', '"'));
    assertThat(refused(CHAT, body).get("param").asText()).as(body).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]; messages",
        "{}; messages",
        "[5]; messages[0]",
        "[{'content':'x'}]; messages[0].role",
        "[{'role':'user','content':5}]; messages[0].content",
        "[{'role':'user','content':[{'type':'image_url'}]}]; messages[0].content.type",
        "[{'role':'user','content':'x','name':'me'}]; messages[0].name",
        "[{'role':'assistant','tool_calls':[]}]; messages[0].tool_calls",
        "[{'role':'user','content':'x','mood':1}]; messages[0].mood"
      })
  void messagesAreNamedByTheirPlace(String row) throws Exception {
    String messages = row.split("; ")[0].replace('\'', '"');
    JsonNode error = refused(CHAT, "{\"messages\":%s}".formatted(messages));
    assertThat(error.get("param").asText()).isEqualTo(row.split("; ")[1]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"temperature\":1,\"sampling\":{\"temperature\":1}; temperature",
        "\"top_k\":1,\"sampling\":{\"topK\":1}; top_k",
        "\"logit_bias\":{\"1\":1},\"sampling\":{\"logit_bias\":{\"2\":1}}; logit_bias",
        "\"bad_words\":[\"x\"],\"sampling\":{\"bad_words\":[\"y\"]}; bad_words"
      })
  void anOptionByBothItsNamesIsRefused(String row) throws Exception {
    String options = row.split("; ")[0];
    JsonNode error = refused(COMPLETIONS, "{\"prompt\":\"x\",%s}".formatted(options));
    assertThat(error.get("param").asText()).isEqualTo(row.split("; ")[1]);
    assertThat(error.get("message").asText()).contains("given twice");
  }

  @Test
  void twoLengthsAreRefused() throws Exception {
    JsonNode error =
        refused(
            CHAT,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":1,"
                + "\"max_completion_tokens\":1}");
    assertThat(error.get("param").asText()).isEqualTo("max_completion_tokens");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "5",
        "[]",
        "{",
        "{\"prompt\":\"x\",\"prompt\":\"y\"}",
        "{\"prompt\":\"x\"} {}",
        "{\"prompt\":\"x\",}",
        "{\"prompt\":NaN}",
        "{'prompt':1}"
      })
  void whatIsNoObjectIsRefused(String body) throws Exception {
    assertThat(refused(COMPLETIONS, body).get("param").asText()).isEqualTo("body");
  }

  @Test
  void deepAndLongValuesAreRefused() throws Exception {
    String deep = "{\"prompt\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThat(refused(COMPLETIONS, deep).get("message").asText()).contains("depth");
    String digits = "{\"prompt\":\"x\",\"seed\":" + "9".repeat(100_000) + "}";
    assertThat(refused(COMPLETIONS, digits).get("message").asText().length()).isLessThan(1000);
    String tokens = "{\"prompt\":[" + "1,".repeat(300_000) + "1]}";
    assertThat(refused(COMPLETIONS, tokens).get("param").asText()).isEqualTo("body");
    String prompts = "{\"prompt\":[" + "\"a\",".repeat(50) + "\"a\"]}";
    assertThat(refused(COMPLETIONS, prompts).get("param").asText()).isEqualTo("prompt");
  }

  @Test
  void malformedUtf8IsRefused() throws Exception {
    var request =
        router
            .request(COMPLETIONS)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(new byte[] {'{', '"', (byte) 0xC3, '"', '}'}))
            .build();
    HttpResponse<String> response = router.send(request);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("body: ");
  }

  @Test
  void aModelWithoutATemplateRefusesChatsAndOthersAreNotFound() throws Exception {
    try (HttpFixture plain = new HttpFixture(Optional.empty(), Duration.ofMinutes(1))) {
      HttpResponse<String> response =
          plain.post(CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(json(response).get("error").get("message").asText())
          .startsWith("messages: ")
          .contains("no chat template");
    }
    HttpResponse<String> other = router.post(COMPLETIONS, "{\"prompt\":\"x\",\"model\":\"other\"}");
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(json(other).get("error").get("code").asText()).isEqualTo("MODEL_NOT_FOUND");
  }

  @Test
  void theServersOwnRefusalsHaveTheEnvelope() throws Exception {
    HttpResponse<String> missing = router.get("/v1/nothing");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(json(missing).get("error").get("code").asText()).isEqualTo("NOT_FOUND");
    assertThat(router.get(COMPLETIONS).statusCode()).isEqualTo(405);
    var form =
        router
            .request(COMPLETIONS)
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString("{\"prompt\":\"x\"}"))
            .build();
    assertThat(router.send(form).statusCode()).isEqualTo(415);
    assertThat(router.post(COMPLETIONS, "{\"prompt\":\"" + "x".repeat(2 << 20)).statusCode())
        .isEqualTo(413);
    var hurried =
        router
            .request(COMPLETIONS)
            .header("Content-Type", "application/json")
            .header("x-request-timeout-seconds", "soon")
            .POST(BodyPublishers.ofString("{\"prompt\":\"x\"}"))
            .build();
    assertThat(json(router.send(hurried)).get("error").get("param").asText())
        .isEqualTo("x-request-timeout-seconds");
  }

  @Test
  void aModelWhoseNameCannotBeDecodedIsRefused() throws Exception {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), router.port())) {
      String request =
          "GET /v1/models/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      client.getOutputStream().write(request.getBytes(US_ASCII));
      String response = new String(client.getInputStream().readAllBytes(), US_ASCII);
      assertThat(response).startsWith("HTTP/1.1 400");
      JsonNode error = json(response.substring(response.indexOf('{'))).get("error");
      assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
      assertThat(error.get("code").asText()).isEqualTo("MALFORMED");
    }
  }
}
