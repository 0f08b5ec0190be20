package io.ennead.router.generate;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * KV blocks of prompts' beginnings, for prompts that begin alike and are routed alike. Only what
 * prefill made enters, in units that fill both blocks and chunks, so that a prompt's bits are those
 * it has alone.
 *
 * <p>The cache is one holder of its blocks. Those that have no other give way, the longest unused
 * first, when blocks are taken, and count as free until then. Who holds a prefix holds all shorter
 * ones; so what is released, longest prefix first, gives way in that order too. Owned by the
 * generation loop's thread.
 */
final class PrefixCache {
  private final KvBlocks blocks;
  private final int unit; // positions
  private final int unitBlocks;
  private final boolean enabled;
  private final GenerationMetrics metrics;
  private final Map<Prefix.Key, Prefix> prefixes = new HashMap<>();
  private final LinkedHashSet<Prefix> idle = new LinkedHashSet<>();

  /** An empty cache. */
  PrefixCache(KvBlocks blocks, SchedulerLimits limits, GenerationMetrics metrics) {
    this.blocks = blocks;
    this.unit = blocks.unit(limits.prefillChunk());
    this.unitBlocks = blocks.whole(unit);
    this.enabled = limits.prefixCache();
    this.metrics = metrics;
  }

  /** Blocks that sequences hold. */
  int used() {
    return blocks.used() - idleBlocks();
  }

  private int idleBlocks() {
    return idle.size() * unitBlocks;
  }

  /** Whether so many blocks can be taken. */
  boolean available(int wanted) {
    return blocks.available(wanted - idleBlocks());
  }

  /** Takes blocks, each with one holder. */
  int[] take(int wanted) {
    while (!blocks.available(wanted) && !idle.isEmpty()) {
      evictOldest();
    }
    return blocks.take(wanted);
  }

  private void evictOldest() {
    Prefix oldest = idle.iterator().next();
    idle.remove(oldest);
    prefixes.remove(oldest.key());
    blocks.release(oldest.blocks());
  }

  /** Blocks that a waiting sequence would share with others that hold them. */
  int shareable(Sequence sequence) {
    int shared = 0;
    int at = 0;
    Prefix prefix = next(sequence, null, at);
    while (prefix != null && !idle.contains(prefix)) {
      shared += unitBlocks;
      at += unit;
      prefix = next(sequence, prefix, at);
    }
    return shared;
  }

  /** The prefix at a position that a sequence may skip, if it is there. */
  private @Nullable Prefix next(Sequence sequence, @Nullable Prefix parent, int at) {
    boolean open = enabled && at + unit <= sequence.skippable();
    return open ? prefixes.get(key(sequence, parent, at)) : null;
  }

  private Prefix.Key key(Sequence sequence, @Nullable Prefix parent, int at) {
    return new Prefix.Key(
        parent, sequence.routing().effective(), sequence.promptTokens(at, at + unit));
  }

  /** Counts the prompt of a sequence that gets its place. */
  void query(Sequence sequence) {
    if (enabled && sequence.skippable() > 0) {
      metrics.prefixQueried(sequence.promptLength());
    }
  }

  /**
   * Lets a sequence skip what has been computed for others, from where it is. Their blocks take the
   * place of its own.
   */
  void reuse(Sequence sequence) {
    int from = sequence.computed();
    if (from != sequence.cached()) {
      return; // within a unit
    }
    Prefix prefix = next(sequence, sequence.prefix(), from);
    while (prefix != null) {
      adopt(sequence, prefix);
      sequence.advance(unit);
      prefix = next(sequence, prefix, sequence.computed());
    }
    if (sequence.computed() > from) {
      tell(sequence, sequence.computed() - from);
    }
  }

  private void tell(Sequence sequence, int reused) {
    metrics.prefixHit(reused);
    sequence.continuations().forEach(each -> each.task().reused(reused));
  }

  /**
   * Keeps what a sequence's prompt has computed since the last call. Where another has computed the
   * same meanwhile, that one's blocks take the place of its own: both then hold the same prefixes.
   */
  void keep(Sequence sequence) {
    while (enabled && sequence.cached() + unit <= sequence.promptComputed()) {
      Prefix.Key key = key(sequence, sequence.prefix(), sequence.cached());
      Prefix known = prefixes.get(key);
      if (known == null) {
        enter(sequence, key);
      } else {
        adopt(sequence, known);
      }
    }
  }

  private void enter(Sequence sequence, Prefix.Key key) {
    int first = blocks.whole(sequence.cached());
    Prefix prefix =
        new Prefix(key, Arrays.copyOfRange(sequence.blocks(), first, first + unitBlocks));
    blocks.share(prefix.blocks());
    prefixes.put(key, prefix);
    int end = sequence.cached() + unit;
    sequence.continuations().forEach(each -> each.holds(prefix, end));
  }

  private void adopt(Sequence sequence, Prefix prefix) {
    int first = blocks.whole(sequence.cached());
    int end = sequence.cached() + unit;
    idle.remove(prefix);
    for (Sequence each : sequence.continuations()) {
      blocks.share(prefix.blocks());
      blocks.release(each.put(first, prefix.blocks()));
      each.holds(prefix, end);
    }
  }

  /** Releases all blocks of a sequence; those in the cache stay as long as nobody needs others. */
  void release(Sequence sequence) {
    blocks.release(sequence.blocks());
    Prefix prefix = sequence.prefix();
    while (prefix != null && blocks.holders(prefix.blocks()[0]) == 1) {
      idle.add(prefix);
      prefix = prefix.key().parent();
    }
    sequence.letGo();
  }
}
