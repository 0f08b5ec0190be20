package io.ennead.router.generate;

import io.ennead.router.model.Span;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.RoutingOptions;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One sequence in the batch: its tokens, how far they are computed, and the KV blocks it holds.
 * Owned by the generation loop's thread but for {@link #cancel()} and {@link #cancelled()}.
 */
final class Sequence {
  private final SequenceTask task;
  private List<Sequence> siblings;
  private final RoutingOptions routing;
  private final long deadlineNanos;
  private final Claim claim;
  private final int promptLength;
  private int[] tokens;
  private int length;
  private int computed;
  private int[] blocks = {};
  private @Nullable Prefix prefix;
  private int cached;
  private final long arrived = System.nanoTime();
  private boolean ended;
  private Runnable onEnd = () -> {};
  private Degraded degraded = Degraded.NONE;
  private @Nullable Trouble trouble;
  private volatile boolean cancelled;

  /** A sequence of nobody in particular that continues its prompt alone. */
  Sequence(int[] prompt, SequenceTask task, RoutingOptions routing, long deadlineNanos) {
    this(prompt, task, routing, deadlineNanos, List.of());
  }

  /** A sequence of nobody in particular. */
  Sequence(
      int[] prompt,
      SequenceTask task,
      RoutingOptions routing,
      long deadlineNanos,
      List<Sequence> siblings) {
    this(prompt, task, routing, deadlineNanos, siblings, Claim.ANYBODY);
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
      List<Sequence> siblings,
      Claim claim) {
    this.claim = claim;
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

  Claim claim() {
    return claim;
  }

  /** The continuations that have yet to begin. */
  List<Sequence> siblings() {
    return siblings;
  }

  /** The sequence and the continuations that have yet to begin: all hold the prompt's blocks. */
  List<Sequence> continuations() {
    List<Sequence> all = new ArrayList<>(siblings);
    all.add(this);
    return all;
  }

  /** Lets the other continuations go, which begin now, at the end of the prompt. */
  List<Sequence> releaseSiblings() {
    List<Sequence> released = siblings;
    siblings = List.of();
    released.forEach(sibling -> sibling.computed = promptLength);
    return released;
  }

  /** When it was made, a {@link System#nanoTime()}. */
  long arrived() {
    return arrived;
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  /** Nanoseconds until the caller gives up; not positive when it has. */
  long timeLeft(long nowNanos) {
    return deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - nowNanos;
  }

  boolean overdue(long nowNanos) {
    return timeLeft(nowNanos) <= 0;
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

  /**
   * Puts blocks into the table, from a place up to its end on, and gives those that were there. The
   * table stays the same array unless it grows: spans of one sequence are known by it.
   */
  int[] put(int place, int[] others) {
    int end = place + others.length;
    int[] before = Arrays.copyOfRange(blocks, place, Math.min(blocks.length, end));
    blocks = blocks.length < end ? Arrays.copyOf(blocks, end) : blocks;
    System.arraycopy(others, 0, blocks, place, others.length);
    return before;
  }

  /** Empties the table. */
  void letGo() {
    blocks = new int[0];
    prefix = null;
    cached = 0;
  }

  /** The longest prefix of the prompt in the cache whose blocks are the sequence's. */
  @Nullable Prefix prefix() {
    return prefix;
  }

  /** Its positions. */
  int cached() {
    return cached;
  }

  /** The prefix's blocks, and so those before it, are in the table. */
  void holds(Prefix longer, int positions) {
    prefix = longer;
    cached = positions;
  }

  /** Runs this at the end; before the sequence is submitted. */
  void whenEnded(Runnable action) {
    onEnd = action;
  }

  /** Marks the end; gives false when the sequence had ended before. */
  boolean end() {
    boolean first = !ended;
    ended = true;
    if (first) {
      onEnd.run();
    }
    return first;
  }

  boolean ended() {
    return ended;
  }

  /**
   * Experts cannot be reached.
   *
   * @param since when that was first seen
   * @param retryAt when the same tokens are tried again
   */
  private record Trouble(long since, long retryAt) {}

  /**
   * Sets the sequence aside until the tokens that failed are tried again; they give the same bits
   * then.
   *
   * @return false when its patience is over before that
   */
  boolean setAside(long now) {
    long since = trouble == null ? now : trouble.since();
    if (!routing.failure().allowsAnother(since, now)) {
      return false;
    }
    trouble = new Trouble(since, now + FailurePolicy.PAUSE.toNanos());
    return true;
  }

  /** Nanoseconds until the sequence may run; not positive when it may now. */
  long pause(long now) {
    return trouble == null ? 0 : trouble.retryAt() - now;
  }

  /** Whether it has been set aside and not gone on since. */
  boolean inTrouble() {
    return trouble != null;
  }

  /** Experts have been reached. */
  void proceed() {
    trouble = null;
  }

  /** Tokens were computed without some of their experts; so were those that attend to them. */
  void degrade(Degraded tokens) {
    if (tokens.tokens() > 0) {
      degraded = degraded.plus(tokens);
      task.degraded(tokens);
      siblings.forEach(sibling -> sibling.degrade(tokens));
    }
  }

  Degraded degraded() {
    return degraded;
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

  /** Positions at the beginning of the prompt from whose computation nobody wants anything. */
  int skippable() {
    if (task.recorder().isPresent()) {
      return 0;
    }
    int last = promptLength - 1;
    return task.promptLogits() == Logits.ALL ? Math.min(last, task.firstLogits()) : last;
  }

  /** Tokens of the prompt. */
  IntBuffer promptTokens(int from, int to) {
    return IntBuffer.wrap(Arrays.copyOfRange(tokens, from, to));
  }

  private Logits wanted(int to) {
    boolean needless = task.promptLogits() == Logits.LAST && to < promptLength;
    return needless || to <= task.firstLogits() ? Logits.NONE : task.promptLogits();
  }

  int computed() {
    return computed;
  }

  /** Positions computed, but for those behind the prompt. */
  int promptComputed() {
    return Math.min(computed, promptLength);
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

  /** Tokens behind the prompt. */
  int generated() {
    return length - promptLength;
  }

  /** Whether every token so far is computed, so that nothing is left to run. */
  boolean exhausted() {
    return computed == length;
  }
}
