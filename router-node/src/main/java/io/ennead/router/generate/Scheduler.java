package io.ennead.router.generate;

import io.ennead.router.model.Span;
import io.ennead.router.model.Step;
import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Who runs when. Sequences wait in their line until it is their turn and there is a place in the
 * batch and KV blocks for the longest they can become, so none ever has to be put back; nobody
 * smaller goes first meanwhile. Every running sequence is in every decode step; prompts are
 * computed in chunks of one fixed length, as many to a step as the budget allows, which does not
 * touch their bits. A chunk whose logits take long to evaluate counts as several, since everybody
 * waits for that. Owned by the generation loop's thread.
 */
final class Scheduler {
  private final SchedulerLimits limits;
  private final KvBlocks blocks;
  private final PrefixCache prefixes;
  private final WaitingLine waiting = new WaitingLine();
  private final List<Sequence> running = new ArrayList<>();

  Scheduler(SchedulerLimits limits, KvBlocks blocks, PrefixCache prefixes) {
    this.limits = limits;
    this.blocks = blocks;
    this.prefixes = prefixes;
  }

  /** Queues a sequence. */
  void add(Sequence sequence) {
    waiting.add(sequence);
  }

  boolean idle() {
    return waiting.isEmpty() && running.isEmpty();
  }

  /** Nanoseconds until a running sequence may run; 0 when one may now, or none is running. */
  long pause(long now) {
    return running.stream().mapToLong(s -> Math.max(0, s.pause(now))).min().orElse(0);
  }

  int waitingCount() {
    return waiting.size();
  }

  int runningCount() {
    return running.size();
  }

  /**
   * Gives places to those that wait, in their turn.
   *
   * @param seated is told of each
   */
  void admit(Consumer<Sequence> seated) {
    for (Optional<Sequence> next = next(); next.isPresent(); next = next()) {
      Sequence sequence = next.get();
      waiting.take(sequence);
      hold(sequence);
      running.add(sequence);
      waiting.charge(sequence, sequence.promptLeft());
      seated.accept(sequence);
      sequence.task().admitted();
      sequence.siblings().forEach(sibling -> sibling.task().admitted());
    }
  }

  private Optional<Sequence> next() {
    return waiting.next().filter(this::fits);
  }

  private boolean fits(Sequence sequence) {
    int places = running.stream().mapToInt(Scheduler::places).sum();
    return places + places(sequence) <= limits.maxBatch()
        && prefixes.available(neededBlocks(sequence) - prefixes.shareable(sequence));
  }

  private static int places(Sequence sequence) {
    return 1 + sequence.siblings().size();
  }

  /** KV blocks of a sequence and its siblings, which share the prompt's whole blocks. */
  int neededBlocks(Sequence sequence) {
    int alone = blocks.needed(sequence.reservedPositions());
    return alone + sequence.siblings().size() * (alone - blocks.whole(sequence.promptLength()));
  }

  int totalBlocks() {
    return blocks.total();
  }

  private void hold(Sequence sequence) {
    prefixes.query(sequence);
    prefixes.reuse(sequence);
    int reused = sequence.blocks().length;
    int shared = blocks.whole(sequence.promptLength());
    int needed = blocks.needed(sequence.reservedPositions());
    sequence.put(reused, prefixes.take(needed - reused));
    for (Sequence sibling : sequence.siblings()) {
      int[] prompt = Arrays.copyOfRange(sequence.blocks(), reused, shared);
      blocks.share(prompt);
      sibling.put(reused, prompt);
      sibling.put(shared, prefixes.take(needed - shared));
    }
  }

  /** Keeps the KV blocks of what a prompt has computed for others that begin so. */
  void keep(Sequence sequence) {
    if (sequence.degraded().tokens() == 0) { // others are to get what the whole model computes
      prefixes.keep(sequence);
    }
  }

  /**
   * Begins the other continuations of a prompt that is computed.
   *
   * @param copy copies the block that the prompt fills in part only, so that each writes to its own
   */
  List<Sequence> fork(Sequence sequence, BlockCopy copy) {
    int last = blocks.whole(sequence.promptLength());
    if (blocks.needed(sequence.promptLength()) > last) {
      for (Sequence sibling : sequence.siblings()) {
        copy.copy(sequence.blocks()[last], sibling.blocks()[last]);
      }
    }
    List<Sequence> begun = sequence.releaseSiblings();
    running.addAll(begun);
    return begun;
  }

  /** The next chunks of prompts, if any prompt is unfinished. */
  Optional<Batch> prefill() {
    List<Sequence> sequences = new ArrayList<>();
    List<Span> spans = new ArrayList<>();
    int budget = limits.prefillBudget();
    for (Sequence sequence : runnable()) {
      reuse(sequence);
      int from = sequence.computed();
      while (sequence.prefilling() && from < sequence.computed() + sequence.promptLeft()) {
        if (budget < limits.prefillChunk()) {
          return Batch.of(Phase.PREFILL, sequences, spans);
        }
        Span span = sequence.promptSpan(from, limits.prefillChunk());
        sequences.add(sequence);
        spans.add(span);
        budget -= limits.prefillChunk() * sequence.task().distributions();
        from = span.length();
      }
    }
    return Batch.of(Phase.PREFILL, sequences, spans);
  }

  private List<Sequence> runnable() {
    long now = System.nanoTime();
    return running.stream().filter(sequence -> sequence.pause(now) <= 0).toList();
  }

  /** Another may have computed what comes next since the sequence got its place. */
  private void reuse(Sequence sequence) {
    if (sequence.prefilling()) {
      prefixes.reuse(sequence);
    }
  }

  /** One token of every sequence whose prompt is computed. */
  Optional<Batch> decode() {
    List<Sequence> sequences = runnable().stream().filter(s -> !s.prefilling()).toList();
    sequences.forEach(sequence -> waiting.charge(sequence, 1));
    return Batch.of(Phase.DECODE, sequences, sequences.stream().map(Sequence::decodeSpan).toList());
  }

  /** Takes a sequence out and frees its blocks. */
  void remove(Sequence sequence) {
    running.remove(sequence);
    waiting.remove(sequence);
    prefixes.release(sequence);
    if (idle()) {
      waiting.forget();
    }
  }

  /** Every sequence, running or waiting, as they are now. */
  List<Sequence> all() {
    List<Sequence> all = new ArrayList<>(running);
    waiting.forEach(all::add);
    return all;
  }

  /** Every sequence, which the action may take out. */
  void forEach(Consumer<Sequence> action) {
    all().forEach(action);
  }

  /** Copies a block of the KV cache to another. */
  @FunctionalInterface
  interface BlockCopy {
    void copy(int source, int target);
  }

  /**
   * A step and whose spans it holds.
   *
   * @param sequences the sequence of each span
   */
  record Batch(Step step, List<Sequence> sequences) {
    static Optional<Batch> of(Phase phase, List<Sequence> sequences, List<Span> spans) {
      return spans.isEmpty()
          ? Optional.empty()
          : Optional.of(new Batch(new Step(phase, spans), List.copyOf(sequences)));
    }
  }
}
