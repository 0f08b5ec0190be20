package io.ennead.router.sample;

/**
 * Mirostat 2 of Basu, Ramachandran, Keskar and Varshney, "Mirostat: a neural text decoding
 * algorithm that directly controls perplexity", ICLR 2021, algorithm 2, as in llama.cpp
 * (src/llama-sampler.cpp): tokens of a surprise -log2 p over mu are removed, but never all; the
 * surprise of the one drawn is measured after renormalising; mu moves by eta times what it misses
 * tau by, and begins at 2 tau.
 *
 * @param tau target surprise in bits, more than 0, finite
 * @param eta learning rate, in (0, 1]
 */
public record Mirostat(double tau, double eta) {
  /** Target of requests that give none. */
  public static final double DEFAULT_TAU = 5;

  /** Learning rate of requests that give none. */
  public static final double DEFAULT_ETA = 0.1;

  /** Refuses values out of range. */
  public Mirostat {
    Fields.requireFinite(tau, "mirostat.tau");
    Fields.require(tau > 0, "mirostat.tau", tau, "more than 0");
    Fields.require(eta > 0 && eta <= 1, "mirostat.eta", eta, "more than 0, at most 1");
  }

  double start() {
    return 2 * tau;
  }

  /** The cut-off after a token of this surprise. */
  double next(double mu, double surprise) {
    return mu - eta * (surprise - tau);
  }
}
