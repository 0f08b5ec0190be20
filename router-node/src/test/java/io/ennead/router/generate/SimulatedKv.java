package io.ennead.router.generate;

import io.ennead.router.generate.Scheduler.Batch;
import io.ennead.router.model.Span;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.RoutingOptions;
import java.util.Arrays;
import java.util.Objects;

/**
 * KV blocks without a model. A position's number stands for the bits of its keys and values: a hash
 * of everything that they depend on, the position before it as the sequence's blocks have it among
 * that.
 */
final class SimulatedKv {
  private final int blockSize;
  private final long[] values;

  SimulatedKv(int blocks, int blockSize) {
    this.blockSize = blockSize;
    this.values = new long[(blocks + 1) * blockSize];
  }

  /** Runs a step. */
  void run(Batch batch) {
    batch.step().spans().forEach(span -> run(batch.step().phase(), span));
  }

  private void run(Phase phase, Span span) {
    for (int i = 0; i < span.ids().length; i++) {
      int at = span.start() + i;
      long before = at == 0 ? 0 : values[place(span.blocks(), at - 1)];
      values[place(span.blocks(), at)] = value(before, span.ids()[i], span.routing(), phase, span);
    }
  }

  /** What a step that fails leaves. */
  void spoil(Span span) {
    for (int at = span.start(); at < span.length(); at++) {
      values[place(span.blocks(), at)] = -1;
    }
  }

  void copy(int source, int target) {
    System.arraycopy(values, source * blockSize, values, target * blockSize, blockSize);
  }

  private int place(int[] blocks, int position) {
    return blocks[position / blockSize] * blockSize + position % blockSize;
  }

  /** The bits of a prefilled row may depend on where its chunk begins and how long it is. */
  private static long value(
      long before, int token, RoutingOptions routing, Phase phase, Span span) {
    int shape = phase == Phase.PREFILL ? Objects.hash(span.start(), span.ids().length) : -1;
    return before * 6364136223846793005L + Objects.hash(token, routing.effective(), shape);
  }

  /** Numbers of the first positions of a sequence. */
  long[] read(int[] blocks, int positions) {
    long[] read = new long[positions];
    Arrays.setAll(read, at -> values[place(blocks, at)]);
    return read;
  }

  /** The same for a sequence that is alone in the world. */
  long[] alone(int[] tokens, int promptLength, int chunk, RoutingOptions routing) {
    SimulatedKv own = new SimulatedKv(tokens.length / blockSize + 1, blockSize);
    int[] blocks = new int[tokens.length / blockSize + 1];
    Arrays.setAll(blocks, i -> i + 1);
    for (int at = 0; at < tokens.length; ) {
      boolean prompt = at < promptLength;
      int end = prompt ? Math.min(promptLength, at + chunk) : at + 1;
      int[] ids = Arrays.copyOfRange(tokens, at, Math.min(end, tokens.length));
      own.run(
          prompt ? Phase.PREFILL : Phase.DECODE,
          new Span(ids, at, blocks, routing, Span.Logits.NONE));
      at = end;
    }
    return own.read(blocks, tokens.length);
  }
}
