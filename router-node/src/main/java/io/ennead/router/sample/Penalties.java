package io.ennead.router.sample;

/**
 * What tokens pay that are there already. The repetition penalty is that of Keskar et al., "CTRL: a
 * conditional transformer language model for controllable generation", 2019, with the correction of
 * Hugging Face transformers for negative logits: those of tokens in prompt or continuation are
 * divided by it when positive and multiplied otherwise. Frequency and presence penalty are OpenAI's
 * as in vLLM: the continuation alone counts.
 *
 * @param repetition more than 0, finite; 1 for none
 * @param frequency per time the continuation has the token, -2 to 2
 * @param presence when the continuation has the token, -2 to 2
 * @param lastN tokens of prompt and continuation that are looked at, the last ones; 0 for all
 */
public record Penalties(double repetition, double frequency, double presence, int lastN) {
  /** No penalty. */
  public static final Penalties NONE = new Penalties(1, 0, 0, 0);

  /** Refuses values out of range. */
  public Penalties {
    Fields.requireFinite(repetition, "repetition_penalty");
    Fields.require(repetition > 0, "repetition_penalty", repetition, "more than 0");
    Fields.require(Math.abs(frequency) <= 2, "frequency_penalty", frequency, "-2 to 2");
    Fields.require(Math.abs(presence) <= 2, "presence_penalty", presence, "-2 to 2");
    Fields.require(lastN >= 0, "penalty_last_n", lastN, "at least 0");
  }

  boolean none() {
    return repetition == 1 && frequency == 0 && presence == 0;
  }
}
