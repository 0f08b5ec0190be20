package io.ennead.router.peer;

import java.util.Comparator;

/** One expert of one layer. */
public record ExpertId(int layer, int expert) {
  static final Comparator<ExpertId> ORDER =
      Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::expert);

  @Override
  public String toString() {
    return "expert %d of layer %d".formatted(expert, layer);
  }
}
