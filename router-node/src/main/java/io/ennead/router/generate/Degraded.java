package io.ennead.router.generate;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Tokens that were computed without some of their experts.
 *
 * @param tokens how many; 0: none
 * @param layers where
 * @param experts which experts they lacked
 */
public record Degraded(int tokens, SortedSet<Integer> layers, SortedSet<Integer> experts) {
  /** None. */
  public static final Degraded NONE = new Degraded(0, new TreeSet<>(), new TreeSet<>());

  /** Copies the sets. */
  public Degraded {
    layers = Collections.unmodifiableSortedSet(new TreeSet<>(layers));
    experts = Collections.unmodifiableSortedSet(new TreeSet<>(experts));
  }

  /** One token, by the layers at which it lacked experts. */
  public static Degraded token(Map<Integer, Set<Integer>> expertsByLayer) {
    SortedSet<Integer> experts = new TreeSet<>();
    expertsByLayer.values().forEach(experts::addAll);
    return new Degraded(1, new TreeSet<>(expertsByLayer.keySet()), experts);
  }

  /** Both. */
  public Degraded plus(Degraded other) {
    if (other.tokens == 0) {
      return this;
    }
    SortedSet<Integer> allLayers = new TreeSet<>(layers);
    SortedSet<Integer> allExperts = new TreeSet<>(experts);
    allLayers.addAll(other.layers);
    allExperts.addAll(other.experts);
    return new Degraded(tokens + other.tokens, allLayers, allExperts);
  }
}
