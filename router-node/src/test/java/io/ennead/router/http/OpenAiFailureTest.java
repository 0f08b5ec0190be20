package io.ennead.router.http;

import static io.ennead.router.http.HttpFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.errors.ServingException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What clients and the log are told of a request that fails when it has been read. */
@Timeout(60)
class OpenAiFailureTest {
  private static final String TWO_PROMPTS = "{\"prompt\":[\"x\",\"yz\"]}";

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.ennead");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private HttpFixture router;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    router = new HttpFixture(Optional.of(directory), Duration.ofMinutes(1));
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    router.close();
  }

  private JsonNode error(String path, String body, int status) throws Exception {
    HttpResponse<String> response = router.post(path, body);
    assertThat(response.statusCode()).isEqualTo(status);
    return json(response).get("error");
  }

  private void assertOneErrorLine(String message) {
    assertThat(lines.list)
        .filteredOn(line -> line.getLevel() == Level.ERROR)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(message);
  }

  @Test
  void aFaultIsLoggedOnceAndNotTold() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          throw new IllegalStateException("as asked for");
        };
    JsonNode error = error("/v1/completions", TWO_PROMPTS, 500);
    assertThat(error.get("message").asText())
        .isEqualTo("internal error; the server's log has the cause");
    assertThat(error.get("code").asText()).isEqualTo("ENGINE_FAILURE");
    assertOneErrorLine("unexpected failure");
  }

  @Test
  void anEngineFailureOfAllPromptsIsLoggedOnce() throws Exception {
    router.generator.behaviour =
        (request, sink) -> sink.failed(ServingException.engineFailure("out of memory", null));
    JsonNode error = error("/v1/completions", TWO_PROMPTS, 500);
    assertThat(error.get("message").asText()).isEqualTo("out of memory");
    assertOneErrorLine("engine failure");
  }

  @Test
  void whatTheGeneratorRefusesIsNamedAsItWasSent() throws Exception {
    router.generator.behaviour =
        (request, sink) -> {
          throw ServingException.invalidField("sampling.allowed_tokens", "none", "some");
        };
    JsonNode error = error("/v1/completions", "{\"prompt\":\"x\",\"allowed_token_ids\":[1]}", 400);
    assertThat(error.get("param").asText()).isEqualTo("allowed_token_ids");
    assertThat(error.get("message").asText()).isEqualTo("allowed_token_ids: none (expected: some)");
  }

  @Test
  void whatFailsLaterIsNamedAsItWasSent() throws Exception {
    router.generator.behaviour =
        (request, sink) ->
            sink.failed(ServingException.invalidField("stopping.max_tokens", 7, "fewer"));
    String hi = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
    for (String stream : new String[] {"true", "false"}) {
      String body = "{%s,\"max_completion_tokens\":7,\"stream\":%s}".formatted(hi, stream);
      JsonNode error = error("/v1/chat/completions", body, 400);
      assertThat(error.get("param").asText()).isEqualTo("max_completion_tokens");
    }
  }
}
