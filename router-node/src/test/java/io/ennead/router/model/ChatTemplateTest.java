package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.errors.ServingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against what Python's jinja2 gave. */
class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode GOLDEN = golden();

  @TempDir private Path directory;

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(GOLDEN.get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void conversationBecomesTheRecordedPrompt(JsonNode golden) throws IOException {
    ChatTemplate template = template(GOLDEN.get("templates").get(golden.get("template").asText()));
    List<ChatMessage> messages = new ArrayList<>();
    golden
        .get("messages")
        .forEach(
            m -> messages.add(new ChatMessage(m.get("role").asText(), m.get("content").asText())));
    boolean generation = golden.get("generation").asBoolean();
    if (golden.has("refused")) {
      assertThatThrownBy(() -> template.render(messages, generation))
          .isInstanceOf(ServingException.class)
          .hasMessageContaining(golden.get("refused").asText());
    } else {
      assertThat(template.render(messages, generation)).isEqualTo(golden.get("text").asText());
    }
  }

  @Test
  void templateThatReachesForJavaOrNeverEndsIsRefused() throws IOException {
    for (String hostile :
        List.of(
            "{{ messages.getClass().forName('java.lang.Runtime') }}",
            "{% for i in range(100000000) %}{% for j in range(100000000) %}x{% endfor %}{% endfor %}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% include '/etc/passwd' %}",
            "{{ " + "[".repeat(100_000) + " }}",
            "{{ unknown_function(messages) }}",
            "{% if %}")) {
      ChatTemplate template = template(JSON.getNodeFactory().textNode(hostile));
      assertThatThrownBy(() -> template.render(List.of(new ChatMessage("user", "x")), true))
          .as(hostile)
          .isInstanceOf(ServingException.class);
    }
  }

  @Test
  void modelWithoutTemplateHasNone() throws IOException {
    assertThat(ChatTemplate.read(directory)).isEmpty();
  }

  private ChatTemplate template(JsonNode text) throws IOException {
    ObjectNode config = JSON.createObjectNode();
    config.set("chat_template", text);
    config.put("bos_token", "<s>");
    config.putObject("eos_token").put("content", "</s>");
    Files.writeString(directory.resolve("tokenizer_config.json"), config.toString());
    return ChatTemplate.read(directory).orElseThrow();
  }

  private static JsonNode golden() {
    try {
      return JSON.readTree(Path.of("src/test/resources/chat/golden.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
