package io.ennead.router.sample;

import java.util.List;

/** The samplers whose order a request may choose, and the fields that set them. */
public enum SamplerKind {
  /** Keeps logits near the highest, in standard deviations. */
  TOP_N_SIGMA("top_n_sigma"),
  /** Divides the logits by T. */
  TEMPERATURE("temperature"),
  /** Keeps a number of tokens. */
  TOP_K("top_k"),
  /** Keeps the tokens whose surprise is nearest the entropy. */
  TYPICAL_P("typical_p"),
  /** Keeps the most likely tokens of a probability. */
  TOP_P("top_p"),
  /** Keeps tokens not much less likely than the most likely. */
  MIN_P("min_p"),
  /** Removes the top choices now and then. */
  XTC("xtc");

  /** The order of requests that choose none. */
  public static final List<SamplerKind> DEFAULT_ORDER = List.of(values());

  private final String field;

  SamplerKind(String field) {
    this.field = field;
  }

  /** The field of the request's sampling options that sets it. */
  String field() {
    return field;
  }
}
