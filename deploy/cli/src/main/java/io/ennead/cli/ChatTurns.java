package io.ennead.cli;

import io.ennead.cli.chat.Conversation;
import io.ennead.cli.route.RouteRequests;
import io.ennead.cli.route.Run;
import io.ennead.cli.route.TracedAnswer;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.Model;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.TraceOptions;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks the model for its turns of a conversation. Not for several threads, but for cancelling. */
final class ChatTurns {
  private static final TraceOptions ANSWER =
      TraceOptions.newBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL).setOmitPrompt(true).build();

  private final EnneadClient client;
  private final RouteRequests requests;
  private final Model model;
  private final Duration limit;
  private final ChatSettings settings;
  private volatile @Nullable Generation running;
  private @Nullable Asked last;

  ChatTurns(
      EnneadClient client,
      RouteRequests requests,
      Model model,
      Duration limit,
      ChatSettings settings) {
    this.client = client;
    this.requests = requests;
    this.model = model;
    this.limit = limit;
    this.settings = settings;
  }

  /** What was asked last, and what came. */
  private record Asked(GenerateRequest request, int promptTokens, TracedAnswer answer) {}

  /**
   * A conversation as the model is to go on from it.
   *
   * @param tokens the prompt
   * @param dropped turns that were left out of the conversation for it
   */
  record Prompt(List<Integer> tokens, int dropped) {}

  /** Leaves out of a conversation what no longer fits the model's context. */
  Prompt fit(Conversation conversation) {
    int room = model.getContextLength() - settings.flags().maxTokens();
    int dropped = 0;
    List<Integer> tokens = tokens(conversation);
    while (tokens.size() > room && conversation.dropOldest()) {
      dropped++;
      tokens = tokens(conversation);
    }
    return new Prompt(tokens, dropped);
  }

  private List<Integer> tokens(Conversation conversation) {
    return client.tokenize(conversation.prompt(), limit).getIdsList();
  }

  /** Streams the model's next turn; what has come before a failure is in {@link #text()}. */
  void ask(Prompt prompt, Consumer<GenerateResponse> onPiece) {
    last = null;
    GenerateRequest request =
        settings
            .flags()
            .request("")
            .setTokenIds(TokenIds.newBuilder().addAllIds(prompt.tokens()))
            .setTrace(ANSWER)
            .build();
    TracedAnswer answer = new TracedAnswer();
    last = new Asked(request, prompt.tokens().size(), answer);
    try (Generation pieces = client.generate(request, limit)) {
      running = pieces;
      while (pieces.hasNext()) {
        GenerateResponse piece = pieces.next();
        answer.add(piece);
        onPiece.accept(piece);
      }
    } finally {
      running = null;
    }
  }

  /** Ends the turn that comes in, if one does. */
  void cancel() {
    Generation pieces = running;
    if (pieces != null) {
      pieces.cancel();
    }
  }

  /** What came of the last turn. */
  String text() {
    return last == null ? "" : last.answer().text();
  }

  /** How the last turn was routed; null before the first. */
  @Nullable Run routing() {
    return last == null
        ? null
        : requests.continuation(model, last.request(), last.promptTokens(), last.answer());
  }
}
