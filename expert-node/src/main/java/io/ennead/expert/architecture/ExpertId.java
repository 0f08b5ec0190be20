package io.ennead.expert.architecture;

import java.util.Comparator;
import java.util.List;

/** One expert of one layer; ordered by layer, then expert. */
public record ExpertId(int layer, int expert) implements Comparable<ExpertId> {
  private static final Comparator<ExpertId> ORDER =
      Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::expert);

  /** The same experts of each of these layers. */
  public static List<ExpertId> ofEveryLayer(List<Integer> layers, List<Integer> experts) {
    return layers.stream()
        .flatMap(layer -> experts.stream().map(expert -> new ExpertId(layer, expert)))
        .toList();
  }

  @Override
  public String toString() {
    return "expert %d of layer %d".formatted(expert, layer);
  }

  @Override
  public int compareTo(ExpertId other) {
    return ORDER.compare(this, other);
  }
}
