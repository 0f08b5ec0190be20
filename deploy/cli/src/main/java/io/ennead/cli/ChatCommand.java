package io.ennead.cli;

import io.ennead.cli.chat.ChatLines;
import io.ennead.cli.chat.Conversation;
import io.ennead.cli.chat.PipedLines;
import io.ennead.cli.chat.TerminalLines;
import io.ennead.cli.route.RouteRequests;
import io.ennead.client.EnneadClient;
import io.ennead.v1.Model;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "chat",
    description =
        "Talks with a model, or writes a story with one that knows no dialogue; /help lists what"
            + " else a line may say. Ctrl-C ends an answer, Ctrl-D the conversation.")
final class ChatCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @SuppressWarnings("unused") // read from what was parsed, so that the session can go on from there
  @Mixin
  private RequestFlags flags = new RequestFlags();

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "How the model is to behave, for models with a chat template.")
  private @Nullable String system;

  @Option(names = "--story", description = "Write on one text, with models that know dialogue too.")
  private boolean story;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ChatSettings settings = ChatSettings.of(spec.commandLine().getParseResult());
    try (EnneadClient client = connection.open();
        ChatLines lines = lines()) {
      RouteRequests requests = new RouteRequests(client, connection.limit());
      Model model = requests.model();
      ChatTurns turns = new ChatTurns(client, requests, model, connection.limit(), settings);
      new ChatSession(
              turns,
              conversation(model),
              settings,
              lines,
              spec.commandLine().getOut(),
              spec.commandLine().getErr())
          .run(model);
    }
    return 0;
  }

  private static ChatLines lines() throws IOException {
    return System.console() == null
        ? new PipedLines(System.in)
        : TerminalLines.open(ChatSession.commands(), ChatSettings.names());
  }

  private Conversation conversation(Model model) {
    boolean dialogue = model.getHasChatTemplate() && !story;
    if (system == null) {
      return dialogue ? Conversation.dialogue() : Conversation.story();
    }
    if (!dialogue) {
      throw new ParameterException(
          spec.commandLine(), "--system: (expected: a model with a chat template, and no --story)");
    }
    Conversation conversation = Conversation.dialogue();
    conversation.instruct(system);
    return conversation;
  }
}
