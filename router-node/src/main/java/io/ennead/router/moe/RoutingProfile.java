package io.ennead.router.moe;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was learned about a model's gate: per layer a bias for each expert, added to its effective
 * logit, and a temperature that multiplies the request's. Immutable. Equal are profiles of the same
 * name and content.
 */
public final class RoutingProfile {
  /** The model's gate as it is: nothing is added or multiplied. */
  public static final RoutingProfile NONE = new RoutingProfile("none", "", Map.of());

  private final String id;
  private final String contentHash;
  private final Map<Integer, Layer> layers;

  /**
   * A profile.
   *
   * @param id name@version
   * @param contentHash of everything that it holds: profiles that differ have different ones
   * @param layers those that it changes
   */
  public RoutingProfile(String id, String contentHash, Map<Integer, Layer> layers) {
    this.id = id;
    this.contentHash = contentHash;
    this.layers = Map.copyOf(layers);
  }

  /**
   * What changes at a layer.
   *
   * @param temperature positive and finite; 1: none
   * @param bias [experts], finite; not to be modified
   */
  public record Layer(double temperature, float[] bias) {
    RoutingRule temper(RoutingRule rule) {
      return temperature == 1 ? rule : rule.withTemperature(rule.temperature() * temperature);
    }
  }

  /** Name and version, as requests and responses say them. */
  public String id() {
    return id;
  }

  /** Lower-case hex; empty for {@link #NONE}. */
  public String contentHash() {
    return contentHash;
  }

  /** The layers that it changes. */
  public Map<Integer, Layer> layers() {
    return layers;
  }

  /** [experts] of a layer; null where nothing is added. */
  float @Nullable [] bias(int layer) {
    Layer own = layers.get(layer);
    return own == null ? null : own.bias();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RoutingProfile profile
        && id.equals(profile.id)
        && contentHash.equals(profile.contentHash);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id;
  }
}
