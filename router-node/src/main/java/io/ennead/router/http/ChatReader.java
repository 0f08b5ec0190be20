package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.errors.ServingException;
import io.ennead.v1.Chat;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.GenerateRequest;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Reads requests to {@code /v1/chat/completions}. */
final class ChatReader {
  private static final int MAX_MESSAGES = 4096;
  private static final int MAX_PARTS = 1024;
  private static final int MAX_LOGPROBS = 20;
  private static final List<String> CALLS =
      List.of("tool_calls", "tool_call_id", "function_call", "audio", "refusal", "name");

  private ChatReader() {}

  static Asked read(Parameters parameters) {
    RequestReader reader = new RequestReader(parameters);
    Chat.Builder chat = Chat.newBuilder();
    JsonNode messages = parameters.required("messages");
    int index = 0;
    for (JsonNode message : parameters.list(messages, "messages", MAX_MESSAGES)) {
      chat.addMessages(message(parameters.object(message, "messages[%d]".formatted(index++))));
    }
    parameters.optionalFlag("add_generation_prompt").ifPresent(chat::setAddGenerationPrompt);
    reader.names().put("chat", "messages");
    reader.names().put("chat.messages", "messages");
    readLogprobs(parameters, reader.request());
    return reader.read(true, List.of(GenerateRequest.newBuilder().setChat(chat)));
  }

  private static void readLogprobs(Parameters parameters, GenerateRequest.Builder request) {
    boolean wanted = parameters.flag("logprobs");
    OptionalLong top = parameters.whole("top_logprobs", 0, MAX_LOGPROBS);
    if (top.isPresent() && !wanted) {
      throw ServingException.invalidField(
          "top_logprobs", top.getAsLong(), "none without logprobs: true");
    }
    if (wanted) {
      request.setLogprobs((int) top.orElse(0));
    }
  }

  private static ChatMessage message(Parameters message) {
    JsonNode role = message.required("role");
    ChatMessage.Builder read = ChatMessage.newBuilder().setRole(message.text(role, "role"));
    message.any("content").ifPresent(content -> read.setContent(content(message, content)));
    for (String call : CALLS) {
      if (message.has(call)) {
        throw message.refusal(
            call, message.required(call), "none: messages have a role and a text");
      }
      var unused = message.any(call);
    }
    message.requireAllTaken();
    return read.build();
  }

  private static String content(Parameters message, JsonNode content) {
    if (content.isTextual()) {
      return message.text(content, "content");
    }
    return message.list(content, "content", MAX_PARTS).stream()
        .map(part -> part(message.object(part, "content")))
        .collect(Collectors.joining("\n"));
  }

  private static String part(Parameters part) {
    JsonNode type = part.required("type");
    if (!type.asText().equals("text")) {
      throw part.refusal("type", type, "text: nothing else is offered");
    }
    String text = part.text(part.required("text"), "text");
    part.requireAllTaken();
    return text;
  }
}
