package io.ennead.router.generate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The prefix cache in the most obvious way: a list of all prefixes, searched from end to end. */
final class SlowPrefixCache {
  private final int unit;
  private final int unitBlocks;
  private final List<Entry> entries = new ArrayList<>();
  private int free;
  private int releases;

  SlowPrefixCache(int blocks, int unit, int unitBlocks) {
    this.free = blocks;
    this.unit = unit;
    this.unitBlocks = unitBlocks;
  }

  /** All tokens of a prefix, by whom it is held, and when the last one let go. */
  private static final class Entry {
    final Object routing;
    final List<Integer> tokens;
    int holders;
    int released;

    Entry(Object routing, List<Integer> tokens) {
      this.routing = routing;
      this.tokens = tokens;
    }

    boolean is(Object otherRouting, List<Integer> otherTokens) {
      return routing.equals(otherRouting) && tokens.equals(otherTokens);
    }

    boolean extendedBy(Entry other) {
      return routing.equals(other.routing)
          && other.tokens.size() > tokens.size()
          && other.tokens.subList(0, tokens.size()).equals(tokens);
    }
  }

  /** A sequence: the prefixes and the number of other blocks that it holds. */
  static final class Holder {
    final Object routing;
    final List<Integer> prompt;
    final List<Entry> held = new ArrayList<>();
    int own;

    Holder(Object routing, List<Integer> prompt) {
      this.routing = routing;
      this.prompt = prompt;
    }
  }

  private Entry find(Holder holder, int length) {
    return entries.stream()
        .filter(entry -> entry.is(holder.routing, holder.prompt.subList(0, length)))
        .findFirst()
        .orElse(null);
  }

  /** Blocks that nobody holds. */
  int available() {
    return free + unitBlocks * (int) entries.stream().filter(entry -> entry.holders == 0).count();
  }

  /** Blocks of prefixes of a prompt that others hold. */
  int shareable(Holder holder, int skippable) {
    int shared = 0;
    for (int end = unit; end <= skippable; end += unit) {
      Entry entry = find(holder, end);
      shared += entry != null && entry.holders > 0 ? unitBlocks : 0;
    }
    return shared;
  }

  /** Holds what there is beyond what the sequence has computed; gives what it has then. */
  int reuse(Holder holder, int computed, int skippable) {
    int end = computed;
    while (end + unit <= skippable && find(holder, end + unit) != null) {
      end += unit;
      hold(holder, find(holder, end));
    }
    return end;
  }

  private void hold(Holder holder, Entry entry) {
    entry.holders++;
    holder.held.add(entry);
    int before = Math.min(holder.own, unitBlocks); // it has none before it got its place
    holder.own -= before;
    free += before;
  }

  void take(Holder holder, int blocks) {
    while (free < blocks) {
      evict();
    }
    free -= blocks;
    holder.own += blocks;
  }

  private void evict() {
    Entry oldest =
        entries.stream()
            .filter(entry -> entry.holders == 0)
            .filter(entry -> entries.stream().noneMatch(entry::extendedBy))
            .min(Comparator.comparingInt(entry -> entry.released))
            .orElseThrow();
    entries.remove(oldest);
    free += unitBlocks;
  }

  /** Enters what a prompt has computed. */
  void keep(Holder holder, int computed) {
    for (int end = unit * (holder.held.size() + 1); end <= computed; end += unit) {
      Entry entry = find(holder, end);
      if (entry != null) {
        hold(holder, entry);
        continue;
      }
      Entry entered = new Entry(holder.routing, List.copyOf(holder.prompt.subList(0, end)));
      entries.add(entered);
      entered.holders = 1;
      holder.held.add(entered);
      holder.own -= unitBlocks;
    }
  }

  void release(Holder holder) {
    releases++;
    free += holder.own;
    for (Entry entry : holder.held) {
      entry.holders--;
      entry.released = releases;
    }
  }
}
