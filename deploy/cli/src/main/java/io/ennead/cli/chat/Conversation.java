package io.ennead.cli.chat;

import io.ennead.v1.Chat;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.TokenizeRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What was said so far: a dialogue for models with a chat template; for the others a story that
 * both sides write on. Not for several threads.
 */
public final class Conversation {
  private final boolean story;
  private final Deque<Turn> turns = new ArrayDeque<>();

  private Conversation(boolean story) {
    this.story = story;
  }

  /** Messages of two speakers. */
  public static Conversation dialogue() {
    return new Conversation(false);
  }

  /** One text. */
  public static Conversation story() {
    return new Conversation(true);
  }

  /** Who spoke. */
  private enum Speaker {
    SYSTEM,
    USER,
    ASSISTANT;

    String role() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Turn(Speaker speaker, String text) {}

  /** Whether both sides write on one text. */
  public boolean isStory() {
    return story;
  }

  /** Whether nothing was said yet; instructions are not said. */
  public boolean isEmpty() {
    return spoken() == 0;
  }

  /** How the model is to behave; at the beginning of a dialogue. */
  public void instruct(String text) {
    turns.add(new Turn(Speaker.SYSTEM, text));
  }

  /** What the user says, or writes on. */
  public void say(String text) {
    turns.add(new Turn(Speaker.USER, story ? joined(text) : text));
  }

  /** Words are not to run into each other: most people end a line without a space. */
  private String joined(String text) {
    Turn last = turns.peekLast();
    boolean apart = last == null || last.text().isEmpty() || isSpace(last.text(), text);
    return apart ? text : " " + text;
  }

  private static boolean isSpace(String before, String after) {
    return Character.isWhitespace(before.charAt(before.length() - 1))
        || after.isEmpty()
        || !Character.isLetterOrDigit(after.codePointAt(0)) && after.codePointAt(0) != '"';
  }

  /** What the model answered. */
  public void answer(String text) {
    turns.add(new Turn(Speaker.ASSISTANT, text));
  }

  /** Takes the last answer back; false when the last word is not the model's. */
  public boolean withdrawAnswer() {
    return withdraw(Speaker.ASSISTANT);
  }

  /** Takes the last answer and what the user said before it back; false when there is nothing. */
  public boolean undo() {
    boolean answered = withdrawAnswer();
    return withdraw(Speaker.USER) || answered;
  }

  private boolean withdraw(Speaker speaker) {
    Turn last = turns.peekLast();
    boolean theirs = last != null && last.speaker() == speaker;
    if (theirs) {
      turns.removeLast();
    }
    return theirs;
  }

  /** Forgets all but the instructions. */
  public void clear() {
    turns.removeIf(turn -> turn.speaker() != Speaker.SYSTEM);
  }

  /**
   * Leaves the oldest turn out, in a dialogue with its answer; false when only the last is left.
   */
  public boolean dropOldest() {
    if (spoken() < 2) {
      return false;
    }
    Iterator<Turn> all = turns.iterator();
    while (all.next().speaker() == Speaker.SYSTEM) {
      continue;
    }
    all.remove();
    if (!story && all.hasNext() && all.next().speaker() == Speaker.ASSISTANT) {
      all.remove();
    }
    return true;
  }

  private long spoken() {
    return turns.stream().filter(turn -> turn.speaker() != Speaker.SYSTEM).count();
  }

  /** The prompt, for a router to turn into tokens. */
  public TokenizeRequest prompt() {
    return story
        ? TokenizeRequest.newBuilder().setText(text("")).build()
        : TokenizeRequest.newBuilder().setChat(messages()).build();
  }

  private Chat messages() {
    Chat.Builder chat = Chat.newBuilder();
    turns.forEach(
        turn ->
            chat.addMessages(
                ChatMessage.newBuilder().setRole(turn.speaker().role()).setContent(turn.text())));
    return chat.build();
  }

  private String text(String between) {
    return turns.stream().map(Turn::text).collect(Collectors.joining(between));
  }

  /** All of it, for a person to read. */
  public String transcript() {
    return story
        ? text("") + "\n"
        : turns.stream()
            .map(turn -> "%s:%n%s%n".formatted(turn.speaker().role(), turn.text().strip()))
            .collect(Collectors.joining("\n"));
  }
}
