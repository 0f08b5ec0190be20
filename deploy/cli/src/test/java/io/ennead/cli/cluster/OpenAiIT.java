package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenAI's HTTP API of a running cluster gives what gRPC gives. */
@Timeout(180)
class OpenAiIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PROMPT = "The king had a daughter";

  private static final ClusterPlan PLAN = DemoPlan.of("f32", 2);
  private static LocalCluster cluster;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    cluster = LocalCluster.start(PLAN, DemoPlan.START_LIMIT);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(PLAN.ports().http(), path));
    return http.send(
        HttpRequest.newBuilder(uri)
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static String overGrpc() {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText(PROMPT);
    request.getSamplingBuilder().setTemperature(0);
    request.getStoppingBuilder().setMaxTokens(24);
    StringBuilder text = new StringBuilder();
    try (EnneadClient client = EnneadClient.connect(PLAN.ports().router().address());
        Generation pieces = client.generate(request.build(), LIMIT)) {
      pieces.forEachRemaining(piece -> text.append(piece.getText()));
    }
    return text.toString();
  }

  @Test
  void greedyTextIsThatOfGrpcWholeAndStreamed() throws Exception {
    String body = "{\"prompt\":\"%s\",\"max_tokens\":24,\"temperature\":0%s}";
    String expected = overGrpc();
    JsonNode whole = JSON.readTree(post("/v1/completions", body.formatted(PROMPT, "")).body());
    assertThat(whole.at("/choices/0/text").asText()).isEqualTo(expected);
    assertThat(whole.at("/usage/completion_tokens").asInt()).isEqualTo(24);
    String stream = post("/v1/completions", body.formatted(PROMPT, ",\"stream\":true")).body();
    List<String> events = stream.lines().filter(line -> !line.isEmpty()).toList();
    assertThat(events.get(events.size() - 1)).isEqualTo("data: [DONE]");
    String joined =
        events.stream()
            .filter(line -> line.startsWith("data: {"))
            .map(line -> text(line.substring("data: ".length())))
            .collect(Collectors.joining());
    assertThat(joined).isEqualTo(expected);
  }

  private static String text(String chunk) {
    try {
      return JSON.readTree(chunk).at("/choices/0/text").asText();
    } catch (IOException e) {
      throw new AssertionError(chunk, e);
    }
  }

  /** The pieces of a trace become one, of all tokens that were fed. */
  @Test
  void aWholeAnswerCarriesAWholeTrace() throws Exception {
    String body =
        "{\"prompt\":\"%s\",\"max_tokens\":5,\"ignore_eos\":true,\"trace\":"
            + "{\"level\":\"TRACE_LEVEL_FULL\"},\"routing\":{\"temperature\":0.5}}";
    HttpResponse<String> response = post("/v1/completions", body.formatted(PROMPT));
    JsonNode ennead = JSON.readTree(response.body()).at("/choices/0/ennead");
    int fed = ennead.at("/finish/prompt_tokens").asInt() + 5 - 1;
    assertThat(ennead.at("/token_ids")).hasSize(5);
    assertThat(ennead.at("/sampling_trace")).hasSize(5);
    assertThat(ennead.at("/trace/tokens").asInt()).isEqualTo(fed);
    assertThat(ennead.at("/trace/summary/0/tokens").asInt()).isEqualTo(fed);
    for (JsonNode layer : ennead.at("/trace/layers")) {
      assertThat(layer.at("/entropies")).hasSize(fed);
      assertThat(layer.at("/logits")).hasSize(fed * 8);
      assertThat(layer.at("/expert_ids")).hasSize(fed * layer.at("/experts_per_token").asInt());
      assertThat(layer.at("/node")).hasSameSizeAs(layer.at("/expert_ids"));
    }
  }

  @Test
  void aModelWithoutATemplateRefusesChats() throws Exception {
    HttpResponse<String> response =
        post("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("no chat template");
  }
}
