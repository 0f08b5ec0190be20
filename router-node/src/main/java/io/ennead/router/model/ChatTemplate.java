package io.ennead.router.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import io.ennead.errors.ServingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Turns a conversation into a prompt by the model's own template, a Jinja program as transformers'
 * apply_chat_template runs it (blocks trimmed, leading blanks of blocks stripped, raise_exception).
 * Output, depth and loops are bounded; templates reach neither files nor Java. A template that uses
 * what the library does not have is refused when it is rendered.
 *
 * <p>Immutable, safe for use by several threads.
 */
public final class ChatTemplate {
  private static final int MAX_OUTPUT = 4 << 20;
  private static final int MAX_DEPTH = 20;
  private static final int MAX_ITEMS = 10_000;

  /** Jinja reads {@code not (x is defined)}; the library would read {@code (not x) is defined}. */
  private static final Pattern NEGATED_TEST =
      Pattern.compile("\\bnot\\s+([\\w.]+)\\s+is\\s+(?!not\\b)(\\w+)");

  private final String template;
  private final Map<String, String> specialTokens;
  private final Jinjava engine = engine();

  private ChatTemplate(String template, Map<String, String> specialTokens) {
    String source =
        template.endsWith("\n") ? template.substring(0, template.length() - 1) : template;
    this.template = NEGATED_TEST.matcher(source).replaceAll("$1 is not $2");
    this.specialTokens = Map.copyOf(specialTokens);
  }

  /**
   * Reads chat_template.jinja, or chat_template of tokenizer_config.json.
   *
   * @return empty when the model has none
   */
  public static Optional<ChatTemplate> read(Path modelDirectory) throws IOException {
    Path config = modelDirectory.resolve("tokenizer_config.json");
    JsonNode json =
        Files.exists(config)
            ? new ObjectMapper().readTree(config.toFile())
            : new ObjectMapper().createObjectNode();
    Path own = modelDirectory.resolve("chat_template.jinja");
    Optional<String> template =
        Files.exists(own)
            ? Optional.of(Files.readString(own))
            : template(json.path("chat_template"));
    return template.map(text -> new ChatTemplate(text, specialTokens(json)));
  }

  /** A string, or a list of {name, template} of which "default" is meant. */
  private static Optional<String> template(JsonNode node) {
    if (node.isTextual()) {
      return Optional.of(node.textValue());
    }
    for (JsonNode one : node) {
      if (one.path("name").asText().equals("default")) {
        return Optional.of(one.path("template").asText());
      }
    }
    return Optional.empty();
  }

  /** Each is a string, or an object with its content. */
  private static Map<String, String> specialTokens(JsonNode config) {
    Map<String, String> tokens = new HashMap<>();
    for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
      JsonNode token = config.path(name);
      String text = token.isTextual() ? token.textValue() : token.path("content").asText("");
      tokens.put(name, text);
    }
    return tokens;
  }

  /**
   * Renders a conversation.
   *
   * @param addGenerationPrompt whether the prompt ends where the assistant begins to speak
   * @throws ServingException INVALID_FIELD when the template refuses the conversation, or cannot be
   *     rendered
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    Map<String, Object> values = new HashMap<>(specialTokens);
    values.put("messages", messages.stream().map(ChatTemplate::fields).toList());
    values.put("add_generation_prompt", addGenerationPrompt);
    RenderResult result = result(values);
    for (TemplateError error : result.getErrors()) {
      throw ServingException.invalidField("chat", reason(error), "what the model's template takes");
    }
    return result.getOutput();
  }

  /** The library reads nested brackets by recursion, as deep as they are. */
  private RenderResult result(Map<String, Object> values) {
    try {
      return engine.renderForResult(template, values);
    } catch (StackOverflowError e) {
      throw ServingException.invalidField(
          "chat", "nested too deeply", "what the model's template takes");
    }
  }

  private static Map<String, Object> fields(ChatMessage message) {
    return Map.of("role", message.role(), "content", message.content());
  }

  private static String reason(TemplateError error) {
    for (Throwable cause = error.getException(); cause != null; cause = cause.getCause()) {
      if (cause instanceof Refusal refusal) {
        return String.valueOf(refusal.getMessage());
      }
    }
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("");
  }

  @SuppressWarnings("deprecation") // without it, {{x}} would be text
  private static Jinjava engine() {
    JinjavaConfig config =
        JinjavaConfig.newBuilder()
            .withTrimBlocks(true)
            .withLstripBlocks(true)
            .withKeepTrailingNewline(true) // of the output; the template's own goes when it is read
            .withLegacyOverrides(
                LegacyOverrides.Builder.from(LegacyOverrides.ALL)
                    .withWhitespaceRequiredWithinTokens(false)
                    .build())
            .withNestedInterpretationEnabled(false)
            .withMaxOutputSize(MAX_OUTPUT)
            .withMaxStringLength(MAX_OUTPUT)
            .withMaxRenderDepth(MAX_DEPTH)
            .withMaxListSize(MAX_ITEMS)
            .withMaxMapSize(MAX_ITEMS)
            .withRangeLimit(MAX_ITEMS)
            .build();
    Jinjava engine = new Jinjava(config);
    engine
        .getGlobalContext()
        .registerFunction(
            new ELFunctionDefinition(
                "", "raise_exception", ChatTemplate.class, "refuse", String.class));
    return engine;
  }

  /** What templates call {@code raise_exception}; the type is what functions of a template have. */
  @SuppressWarnings("DoNotCallSuggester") // called by name, from templates
  public static Object refuse(String message) {
    throw new Refusal(message);
  }

  /** The template's own refusal of a conversation. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super(message);
    }
  }
}
