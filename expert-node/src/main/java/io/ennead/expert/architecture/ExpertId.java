package io.ennead.expert.architecture;

import java.util.Comparator;

/** One expert of one layer; ordered by layer, then expert. */
public record ExpertId(int layer, int expert) implements Comparable<ExpertId> {
  private static final Comparator<ExpertId> ORDER =
      Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::expert);

  @Override
  public String toString() {
    return "expert %d of layer %d".formatted(expert, layer);
  }

  @Override
  public int compareTo(ExpertId other) {
    return ORDER.compare(this, other);
  }
}
