package io.ennead.router.sample;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How the next token is drawn; see {@link TokenSampler} for what follows what. Values that have no
 * meaning, alone or together, are refused by the field of the request.
 *
 * @param order of the samplers; empty for {@link SamplerKind#DEFAULT_ORDER}
 * @param seed of the request's random stream; empty: the server draws one
 */
public record SamplingOptions(
    Temperature temperature,
    Truncation truncation,
    Optional<Mirostat> mirostat,
    Penalties penalties,
    Optional<Dry> dry,
    TokenConstraints constraints,
    List<SamplerKind> order,
    OptionalLong seed) {
  /** The model's own distribution. */
  public static final SamplingOptions DEFAULT =
      new SamplingOptions(
          Temperature.ONE,
          Truncation.NONE,
          Optional.empty(),
          Penalties.NONE,
          Optional.empty(),
          TokenConstraints.NONE,
          List.of(),
          OptionalLong.empty());

  /** Greedy: the most likely token. */
  public static final SamplingOptions GREEDY = DEFAULT.withTemperature(Temperature.of(0));

  /** Refuses what cannot go together. */
  public SamplingOptions {
    order = order.isEmpty() ? SamplerKind.DEFAULT_ORDER : List.copyOf(order);
    requireOrder(order, temperature, truncation);
    if (temperature.mayInvert()) {
      requireInvertible(order, temperature, truncation, mirostat);
    }
    if (mirostat.isPresent()) {
      for (SamplerKind kind : order) {
        requireOff(kind, truncation, "off beside mirostat");
      }
    }
  }

  private static void requireOrder(
      List<SamplerKind> order, Temperature temperature, Truncation truncation) {
    EnumSet<SamplerKind> listed = EnumSet.copyOf(order);
    Fields.require(listed.size() == order.size(), "order", order, "each sampler at most once");
    for (SamplerKind kind : SamplerKind.values()) {
      boolean set = truncation.sets(kind) || needsTemperature(kind, temperature);
      Fields.require(
          listed.contains(kind) || !set,
          "order",
          order,
          "%s too, for %s is set".formatted(kind, kind.field()));
    }
  }

  private static boolean needsTemperature(SamplerKind kind, Temperature temperature) {
    return kind == SamplerKind.TEMPERATURE && !temperature.neutral();
  }

  private static void requireInvertible(
      List<SamplerKind> order,
      Temperature temperature,
      Truncation truncation,
      Optional<Mirostat> mirostat) {
    List<SamplerKind> after =
        order.subList(order.indexOf(SamplerKind.TEMPERATURE) + 1, order.size());
    for (SamplerKind kind : after) {
      requireOff(kind, truncation, "off, or before TEMPERATURE in the order: it may be negative");
    }
    mirostat.ifPresent(
        set ->
            Fields.require(
                false,
                "mirostat",
                set,
                "absent beside a negative temperature, such as %s".formatted(temperature.value())));
  }

  private static void requireOff(SamplerKind kind, Truncation truncation, String expected) {
    Fields.require(!truncation.sets(kind), kind.field(), truncation.value(kind), expected);
  }

  /** The options that every server has. */
  public static SamplingOptions of(double temperature, int topK, double topP, double minP) {
    return DEFAULT
        .withTemperature(Temperature.of(temperature))
        .withTruncation(Truncation.NONE.withTopK(topK).withTopP(topP).withMinP(minP));
  }

  /** The same with another temperature. */
  public SamplingOptions withTemperature(Temperature value) {
    return new SamplingOptions(
        value, truncation, mirostat, penalties, dry, constraints, order, seed);
  }

  /** The same with another truncation. */
  public SamplingOptions withTruncation(Truncation value) {
    return new SamplingOptions(
        temperature, value, mirostat, penalties, dry, constraints, order, seed);
  }

  /** The same with Mirostat. */
  public SamplingOptions withMirostat(Mirostat value) {
    return new SamplingOptions(
        temperature, truncation, Optional.of(value), penalties, dry, constraints, order, seed);
  }

  /** The same with other penalties. */
  public SamplingOptions withPenalties(Penalties value) {
    return new SamplingOptions(
        temperature, truncation, mirostat, value, dry, constraints, order, seed);
  }

  /** The same with DRY. */
  public SamplingOptions withDry(Dry value) {
    return new SamplingOptions(
        temperature, truncation, mirostat, penalties, Optional.of(value), constraints, order, seed);
  }

  /** The same with other constraints. */
  public SamplingOptions withConstraints(TokenConstraints value) {
    return new SamplingOptions(
        temperature, truncation, mirostat, penalties, dry, value, order, seed);
  }

  /** The same with another order. */
  public SamplingOptions withOrder(List<SamplerKind> value) {
    return new SamplingOptions(
        temperature, truncation, mirostat, penalties, dry, constraints, value, seed);
  }
}
