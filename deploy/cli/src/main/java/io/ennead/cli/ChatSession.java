package io.ennead.cli;

import io.ennead.cli.chat.ChatLines;
import io.ennead.cli.chat.Conversation;
import io.ennead.cli.route.Run;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Help.Ansi;

/**
 * A conversation line by line: what begins with a slash is done, all else is said to the model.
 * Answers go to {@code out}, everything about them to {@code notes}.
 */
final class ChatSession {
  private final ChatTurns turns;
  private final Conversation conversation;
  private final ChatSettings settings;
  private final ChatLines lines;
  private final PrintWriter out;
  private final PrintWriter notes;
  private boolean ended;

  ChatSession(
      ChatTurns turns,
      Conversation conversation,
      ChatSettings settings,
      ChatLines lines,
      PrintWriter out,
      PrintWriter notes) {
    this.turns = turns;
    this.conversation = conversation;
    this.settings = settings;
    this.lines = lines;
    this.out = out;
    this.notes = notes;
  }

  /** What a line may ask for, and how it is explained. */
  private enum Order {
    HELP("", "this list"),
    SET("[NAME VALUE]", "sets an option of generate, such as temperature 0.7; alone: what is set"),
    UNSET("NAME", "gives an option its default again"),
    ROUTE("[LAYER]", "the last answer on the colours of its experts, and their load"),
    RETRY("", "asks for another answer to the same"),
    UNDO("", "takes back what you said last, and the answer"),
    RESET("", "begins anew"),
    SAVE("FILE", "writes the conversation to a new file"),
    EXIT("", "ends, as Ctrl-D does");

    private final String argument;
    private final String help;

    Order(String argument, String help) {
      this.argument = argument;
      this.help = help;
    }

    String command() {
      return "/" + name().toLowerCase(Locale.ROOT);
    }
  }

  static List<String> commands() {
    return Stream.of(Order.values()).map(Order::command).toList();
  }

  /** Until the lines end, or one says so. */
  void run(Model model) throws IOException {
    note(
        "%s, %d tokens of context; %s; /help lists commands"
            .formatted(
                model.getName(),
                model.getContextLength(),
                conversation.isStory()
                    ? "write the beginning of a story, and on; an empty line lets the model go on"
                    : "say something"));
    String line = lines.next();
    while (line != null) {
      handle(line);
      line = ended ? null : lines.next();
    }
  }

  private void handle(String line) {
    try {
      if (line.startsWith("/") && !line.startsWith("//")) {
        obey(line.strip());
      } else {
        say(line.startsWith("//") ? line.substring(1) : line);
      }
    } catch (RuntimeException | IOException e) {
      note(Ansi.AUTO.string("@|bold,red error:|@ ") + Failures.describe(e));
    }
  }

  private void say(String line) {
    boolean nothing = line.isBlank();
    if (nothing && (!conversation.isStory() || conversation.isEmpty())) {
      return;
    }
    if (!nothing) {
      conversation.say(line);
    }
    answer();
  }

  private void answer() {
    ChatTurns.Prompt prompt = turns.fit(conversation);
    if (prompt.dropped() > 0) {
      note(
          "the context is full: the %d oldest turns are left out from now on"
              .formatted(prompt.dropped()));
    }
    try (ChatLines.Interruptible unused = lines.interruptible(turns::cancel)) {
      turns.ask(prompt, this::show);
    } catch (ServingException e) {
      out.println();
      if (e.reason() != ErrorReason.ERROR_REASON_CANCELLED) {
        note("your words are kept: /retry asks again, /undo takes them back");
        throw e;
      }
      note("interrupted");
    } finally {
      keep();
    }
  }

  /** Half an answer too: the next one goes on from what was seen. */
  private void keep() {
    if (!turns.text().isEmpty()) {
      conversation.answer(turns.text());
    }
    out.flush();
  }

  private void show(GenerateResponse piece) {
    out.print(piece.getText());
    out.flush();
    if (piece.hasFinish()) {
      out.println();
      note(Summary.of(piece.getFinish()));
    }
  }

  private void obey(String line) throws IOException {
    List<String> words = List.of(line.split("\\s+"));
    List<String> arguments = words.subList(1, words.size());
    switch (order(words.get(0))) {
      case HELP -> help();
      case SET -> set(arguments);
      case UNSET -> unset(arguments);
      case ROUTE -> route(arguments);
      case RETRY -> retry();
      case UNDO -> note(conversation.undo() ? "taken back" : "there is nothing to take back");
      case RESET -> reset();
      case SAVE -> save(line.substring(words.get(0).length()).strip());
      case EXIT -> ended = true;
    }
  }

  private static Order order(String command) {
    return Stream.of(Order.values())
        .filter(order -> order.command().equals(command))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    "%s (expected: one of %s; // begins a text with a slash)"
                        .formatted(command, String.join(" ", commands()))));
  }

  private void help() {
    Table table = new Table();
    for (Order order : Order.values()) {
      table.row((order.command() + " " + order.argument).strip(), order.help);
    }
    table.print(notes);
    note("options: " + String.join(" ", ChatSettings.names()));
  }

  private void set(List<String> arguments) {
    if (arguments.isEmpty()) {
      note(
          settings.toString().isEmpty()
              ? "everything as the model's default"
              : settings.toString());
      return;
    }
    settings.set(arguments.get(0), arguments.subList(1, arguments.size()));
  }

  private void unset(List<String> arguments) {
    String name = only(arguments, Order.UNSET);
    if (!settings.unset(name)) {
      note(name + " is not set");
    }
  }

  private static String only(List<String> arguments, Order order) {
    if (arguments.size() != 1) {
      throw new CommandException(
          "%s: %d arguments (expected: %s)"
              .formatted(order.command(), arguments.size(), order.argument));
    }
    return arguments.get(0);
  }

  private void route(List<String> arguments) {
    Run run = turns.routing();
    if (run == null) {
      note("there is no answer yet");
      return;
    }
    List<Integer> layers = run.trace().layerIds();
    String asked =
        arguments.isEmpty() ? String.valueOf(layers.get(0)) : only(arguments, Order.ROUTE);
    int layer =
        layers.stream()
            .filter(id -> String.valueOf(id).equals(asked))
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandException(
                        "/route: %s (expected: a layer with experts: %s)"
                            .formatted(asked, layers)));
    new RouteText(run, layer, Ansi.AUTO.enabled(), !Ansi.AUTO.enabled()).print(notes);
    notes.println();
    LoadTables.print(run.trace().loads(), notes);
    notes.flush();
  }

  private void retry() {
    conversation.withdrawAnswer();
    if (conversation.isEmpty()) {
      note("nothing was said yet");
      return;
    }
    answer();
  }

  private void reset() {
    conversation.clear();
    note("a new conversation; options stay as they are");
  }

  private void save(String file) throws IOException {
    if (file.isEmpty()) {
      throw new CommandException("/save: (expected: FILE)");
    }
    Path path = Path.of(file);
    if (Files.exists(path)) {
      throw new CommandException("/save: %s (expected: a file that is not there)".formatted(file));
    }
    Files.writeString(path, conversation.transcript(), StandardOpenOption.CREATE_NEW);
    note("saved to " + file);
  }

  private void note(String text) {
    notes.println(text);
    notes.flush();
  }
}
