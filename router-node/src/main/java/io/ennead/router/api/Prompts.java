package io.ennead.router.api;

import com.google.common.base.Utf8;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.ChatMessage;
import io.ennead.v1.Chat;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenizeRequest;
import java.util.List;

/** Reads prompts: text or token ids in, ids of the model's vocabulary out. */
final class Prompts {
  private static final int MAX_TOKENIZE_BYTES = 1 << 20;

  // Tokenizers may normalize text first. NFC composes at best 9 bytes, three Hangul jamo, into 3.
  private static final int MAX_SHRINKING = 4;

  private Prompts() {}

  /** The prompt to continue; leaves room for one token at least. */
  static int[] read(ServedModel model, GenerateRequest request) {
    Limit limit = Limit.context(model.info(), -1);
    return switch (request.getPromptCase()) {
      case TEXT -> fromText(model, request.getText(), limit);
      case TOKEN_IDS -> fromIds(model.info(), request.getTokenIds(), limit);
      case CHAT -> fromChat(model, request.getChat(), limit);
      case PROMPT_NOT_SET -> throw missing();
    };
  }

  /** What the model's template makes of a conversation. */
  static String render(ServedModel model, Chat chat) {
    if (chat.getMessagesCount() == 0) {
      throw ServingException.invalidField("chat.messages", "empty", "at least one message");
    }
    List<ChatMessage> messages =
        chat.getMessagesList().stream()
            .map(message -> new ChatMessage(message.getRole(), message.getContent()))
            .toList();
    boolean generation = !chat.hasAddGenerationPrompt() || chat.getAddGenerationPrompt();
    return model
        .chat()
        .orElseThrow(
            () ->
                ServingException.invalidField(
                    "chat", "a conversation", "text or token_ids: the model has no chat template"))
        .render(messages, generation);
  }

  private static int[] fromChat(ServedModel model, Chat chat, Limit limit) {
    String text = render(model, chat);
    requireEncodable(model, text, limit);
    int[] ids = model.codec().encodeMarked(text);
    if (ids.length == 0) {
      throw ServingException.invalidField("chat", "no tokens", "at least one token");
    }
    requireFitting(ids.length, limit);
    return ids;
  }

  /** The tokens to score, as many as {@code limit} says at most. */
  static int[] read(ServedModel model, ScoreRequest request, Limit limit) {
    return switch (request.getPromptCase()) {
      case TEXT -> fromText(model, request.getText(), limit);
      case TOKEN_IDS -> fromIds(model.info(), request.getTokenIds(), limit);
      case PROMPT_NOT_SET -> throw missing();
    };
  }

  /** The tokens of a text whose labels are asked for. */
  static int[] read(ServedModel model, SoftLabelsRequest request, Limit limit) {
    return switch (request.getPromptCase()) {
      case TEXT -> fromText(model, request.getText(), limit);
      case TOKEN_IDS -> fromIds(model.info(), request.getTokenIds(), limit);
      case PROMPT_NOT_SET -> throw missing();
    };
  }

  /** The text of a request for its tokens alone, which no context bounds. */
  static String text(TokenizeRequest request) {
    int bytes = Utf8.encodedLength(request.getText());
    if (bytes > MAX_TOKENIZE_BYTES) {
      throw ServingException.invalidField(
          "text", bytes + " bytes of UTF-8", "at most " + MAX_TOKENIZE_BYTES);
    }
    return request.getText();
  }

  /** Checks ids against the vocabulary; {@code field} is where they stand in the request. */
  static int[] ids(ModelInfo model, List<Integer> ids, String field) {
    int[] checked = new int[ids.size()];
    for (int i = 0; i < checked.length; i++) {
      int id = ids.get(i);
      if (id < 0 || id >= model.vocabularySize()) {
        throw ServingException.field(
            ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE,
            "%s[%d]".formatted(field, i),
            Integer.toUnsignedString(id),
            "0 to " + (model.vocabularySize() - 1));
      }
      checked[i] = id;
    }
    return checked;
  }

  private static int[] fromText(ServedModel model, String text, Limit limit) {
    requireEncodable(model, text, limit);
    int[] ids = model.codec().encode(text, true);
    if (ids.length == 0) {
      throw ServingException.invalidField("text", "no tokens", "at least one token");
    }
    requireFitting(ids.length, limit);
    return ids;
  }

  /** Refuses, before time and memory go into its tokens, text that has too many in any case. */
  private static void requireEncodable(ServedModel model, String text, Limit limit) {
    int bytes = Utf8.encodedLength(text);
    long longest = (long) limit.tokens() * model.codec().longestTokenBytes() * MAX_SHRINKING;
    if (bytes > longest) {
      throw tooLong(
          bytes + " bytes of UTF-8", "at most %d bytes: %s".formatted(longest, limit.reason()));
    }
  }

  private static int[] fromIds(ModelInfo model, TokenIds tokens, Limit limit) {
    if (tokens.getIdsCount() == 0) {
      throw ServingException.invalidField("token_ids.ids", "empty", "at least one id");
    }
    requireFitting(tokens.getIdsCount(), limit);
    return ids(model, tokens.getIdsList(), "token_ids.ids");
  }

  private static void requireFitting(int tokens, Limit limit) {
    if (tokens > limit.tokens()) {
      throw tooLong(tokens + " tokens", "at most %d: %s".formatted(limit.tokens(), limit.reason()));
    }
  }

  private static ServingException tooLong(String value, String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_PROMPT_TOO_LONG, "prompt", value, expected);
  }

  private static ServingException missing() {
    return ServingException.invalidField("prompt", "not set", "text, token_ids or chat");
  }

  /**
   * How long a prompt may be.
   *
   * @param reason why, for people
   */
  record Limit(int tokens, String reason) {

    /** So many tokens more than the context. */
    static Limit context(ModelInfo model, int more) {
      return new Limit(
          model.contextLength() + more,
          "the context is %d tokens".formatted(model.contextLength()));
    }
  }
}
