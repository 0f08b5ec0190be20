package io.ennead.expert.api;

import java.util.Comparator;

/**
 * One expert of one layer, ordered by layer, then expert.
 *
 * @param layer layer index
 * @param expert expert id
 */
public record ExpertId(int layer, int expert) implements Comparable<ExpertId> {
  private static final Comparator<ExpertId> ORDER =
      Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::expert);

  @Override
  public int compareTo(ExpertId other) {
    return ORDER.compare(this, other);
  }
}
