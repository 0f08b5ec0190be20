package io.ennead.expert.architecture;

/**
 * How gate and up of a gated feed-forward network are joined.
 *
 * @param kind the formula
 * @param limit bound of the clamp of {@link Kind#CLAMPED_SWIGLU}; 0 otherwise
 */
public record Activation(Kind kind, double limit) {
  /** {@code silu(g) * u}. */
  public static final Activation SILU = new Activation(Kind.SILU, 0);

  /** {@code gelu(g) * u}, gelu in its tanh form. */
  public static final Activation GELU_TANH = new Activation(Kind.GELU_TANH, 0);

  /** gpt-oss's activation with its swiglu_limit. */
  public static Activation clampedSwiglu(double limit) {
    return new Activation(Kind.CLAMPED_SWIGLU, limit);
  }

  /** The formulas there are. */
  public enum Kind {
    /** {@code silu(g) * u} (Shazeer 2020). */
    SILU(0),
    /** {@code 0.5 g (1 + tanh(sqrt(2/pi) (g + 0.044715 g^3))) * u}: jax.nn.gelu's default. */
    GELU_TANH(1),
    /**
     * {@code g = min(g, L), u = clamp(u, -L, L), (u + 1) * g * sigmoid(1.702 g)} (transformers,
     * modular_gpt_oss.py).
     */
    CLAMPED_SWIGLU(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** What the kernels call it. */
    public int code() {
      return code;
    }
  }
}
