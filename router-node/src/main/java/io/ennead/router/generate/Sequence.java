package io.ennead.router.generate;

import io.ennead.router.model.Span;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.RoutingOptions;
import java.util.Arrays;
import java.util.List;

/**
 * One sequence in the batch: its tokens, how far they are computed, and the KV blocks it holds.
 * Owned by the generation loop's thread but for {@link #cancel()} and {@link #cancelled()}.
 */
final class Sequence {
  private final SequenceTask task;
  private List<Sequence> siblings;
  private final RoutingOptions routing;
  private final long deadlineNanos;
  private final int promptLength;
  private int[] tokens;
  private int length;
  private int computed;
  private int[] blocks = {};
  private boolean ended;
  private volatile boolean cancelled;

  /** A sequence that waits for its place, and continues its prompt alone. */
  Sequence(int[] prompt, SequenceTask task, RoutingOptions routing, long deadlineNanos) {
    this(prompt, task, routing, deadlineNanos, List.of());
  }

  /**
   * A sequence that waits for its place.
   *
   * @param deadlineNanos a {@link System#nanoTime()}, or {@link Long#MAX_VALUE}
   * @param siblings other continuations of the same prompt, which begin when this one has computed
   *     it; they are given to nobody else
   */
  Sequence(
      int[] prompt,
      SequenceTask task,
      RoutingOptions routing,
      long deadlineNanos,
      List<Sequence> siblings) {
    this.task = task;
    this.siblings = List.copyOf(siblings);
    this.routing = routing;
    this.deadlineNanos = deadlineNanos;
    this.promptLength = prompt.length;
    this.tokens = Arrays.copyOf(prompt, prompt.length + Math.min(task.maxTokens(), 64));
    this.length = prompt.length;
  }

  SequenceTask task() {
    return task;
  }

  RoutingOptions routing() {
    return routing;
  }

  /** The continuations that have yet to begin. */
  List<Sequence> siblings() {
    return siblings;
  }

  /** Lets the other continuations go, which begin now, at the end of the prompt. */
  List<Sequence> releaseSiblings() {
    List<Sequence> released = siblings;
    siblings = List.of();
    released.forEach(sibling -> sibling.computed = promptLength);
    return released;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  boolean overdue(long nowNanos) {
    return deadlineNanos != Long.MAX_VALUE && deadlineNanos - nowNanos <= 0;
  }

  /** Ends the sequence at the next step; from any thread. */
  void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** The longest the sequence can become. */
  int reservedPositions() {
    return promptLength + task.maxTokens();
  }

  int[] blocks() {
    return blocks;
  }

  void hold(int[] taken) {
    blocks = taken;
  }

  /** Marks the end; gives false when the sequence had ended before. */
  boolean end() {
    boolean first = !ended;
    ended = true;
    return first;
  }

  boolean ended() {
    return ended;
  }

  int promptLength() {
    return promptLength;
  }

  boolean prefilling() {
    return computed < promptLength;
  }

  int promptLeft() {
    return promptLength - computed;
  }

  /**
   * The next tokens of the prompt.
   *
   * @param from first position, at or after what is computed
   * @param chunk fixed length of a chunk; the last one may be shorter
   */
  Span promptSpan(int from, int chunk) {
    int to = Math.min(promptLength, from + chunk);
    return new Span(Arrays.copyOfRange(tokens, from, to), from, blocks, routing, wanted(to));
  }

  private Logits wanted(int to) {
    boolean needless = task.promptLogits() == Logits.LAST && to < promptLength;
    return needless || to <= task.firstLogits() ? Logits.NONE : task.promptLogits();
  }

  int computed() {
    return computed;
  }

  /** The last token, not yet computed. */
  Span decodeSpan() {
    return new Span(new int[] {tokens[length - 1]}, length - 1, blocks, routing, Logits.LAST);
  }

  void advance(int positions) {
    computed += positions;
  }

  void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, length * 2);
    }
    tokens[length++] = token;
  }

  /** Whether every token so far is computed, so that nothing is left to run. */
  boolean exhausted() {
    return computed == length;
  }
}
