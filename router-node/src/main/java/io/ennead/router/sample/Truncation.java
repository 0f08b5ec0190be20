package io.ennead.router.sample;

import java.util.Optional;

/**
 * Which tokens may be drawn at all. Formulas: {@link Candidates}.
 *
 * @param topK tokens to keep, 0 for all
 * @param topP probability to keep, in (0, 1]; 1 for all
 * @param minP least probability relative to the most likely token's, in [0, 1]; 0 for all
 * @param typicalP probability to keep of the locally typical tokens, in (0, 1]; 1 for all
 * @param topNSigma standard deviations below the highest logit, at least 0; +infinity for all
 */
public record Truncation(
    int topK, double topP, double minP, double typicalP, double topNSigma, Optional<Xtc> xtc) {
  /** Keeps every token. */
  public static final Truncation NONE =
      new Truncation(0, 1, 0, 1, Double.POSITIVE_INFINITY, Optional.empty());

  /** Refuses values that have no meaning, naming the field of the request. */
  public Truncation {
    Fields.require(topK >= 0, "top_k", topK, "at least 0");
    Fields.require(topP > 0 && topP <= 1, "top_p", topP, "more than 0, at most 1");
    Fields.require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
    Fields.require(typicalP > 0 && typicalP <= 1, "typical_p", typicalP, "more than 0, at most 1");
    Fields.require(topNSigma >= 0, "top_n_sigma", topNSigma, "at least 0");
  }

  /** Whether this sampler can remove anything. */
  boolean sets(SamplerKind kind) {
    return switch (kind) {
      case TOP_N_SIGMA -> topNSigma < Double.POSITIVE_INFINITY;
      case TEMPERATURE -> false;
      case TOP_K -> topK > 0;
      case TYPICAL_P -> typicalP < 1;
      case TOP_P -> topP < 1;
      case MIN_P -> minP > 0;
      case XTC -> xtc.isPresent();
    };
  }

  /** What is set for a sampler, as a message tells it. */
  Object value(SamplerKind kind) {
    return switch (kind) {
      case TOP_N_SIGMA -> topNSigma;
      case TEMPERATURE -> "";
      case TOP_K -> topK;
      case TYPICAL_P -> typicalP;
      case TOP_P -> topP;
      case MIN_P -> minP;
      case XTC -> xtc.map(Xtc::toString).orElse("absent");
    };
  }

  /** The same with this sampler off. */
  public Truncation without(SamplerKind kind) {
    return switch (kind) {
      case TOP_N_SIGMA -> withTopNSigma(NONE.topNSigma);
      case TEMPERATURE -> this;
      case TOP_K -> withTopK(NONE.topK);
      case TYPICAL_P -> withTypicalP(NONE.typicalP);
      case TOP_P -> withTopP(NONE.topP);
      case MIN_P -> withMinP(NONE.minP);
      case XTC -> withXtc(NONE.xtc);
    };
  }

  /** The same with another top-k. */
  public Truncation withTopK(int value) {
    return new Truncation(value, topP, minP, typicalP, topNSigma, xtc);
  }

  /** The same with another top-p. */
  public Truncation withTopP(double value) {
    return new Truncation(topK, value, minP, typicalP, topNSigma, xtc);
  }

  /** The same with another min-p. */
  public Truncation withMinP(double value) {
    return new Truncation(topK, topP, value, typicalP, topNSigma, xtc);
  }

  /** The same with another typical-p. */
  public Truncation withTypicalP(double value) {
    return new Truncation(topK, topP, minP, value, topNSigma, xtc);
  }

  /** The same with another top-n-sigma. */
  public Truncation withTopNSigma(double value) {
    return new Truncation(topK, topP, minP, typicalP, value, xtc);
  }

  /** The same with XTC, or without. */
  public Truncation withXtc(Optional<Xtc> value) {
    return new Truncation(topK, topP, minP, typicalP, topNSigma, value);
  }

  /**
   * Exclude top choices.
   *
   * @param probability per token of removing, in [0, 1]
   * @param threshold tokens of at least this probability are top choices, in (0, 1]; more than 0.5
   *     removes nothing, for there can only be one
   */
  public record Xtc(double probability, double threshold) {
    /** Refuses values out of range. */
    public Xtc {
      Fields.require(
          probability >= 0 && probability <= 1, "xtc.probability", probability, "0 to 1");
      Fields.require(
          threshold > 0 && threshold <= 1, "xtc.threshold", threshold, "more than 0, at most 1");
    }
  }
}
