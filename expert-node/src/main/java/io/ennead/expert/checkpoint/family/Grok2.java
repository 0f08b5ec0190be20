package io.ennead.expert.checkpoint.family;

/**
 * Grok-2 shares its architecture's name with Grok-1 and is refused by name: its published
 * implementations disagree on what {@code rope_type "original"} means (SGLang: plain rotary
 * embedding; llama.cpp: YaRN), and xAI published no code that could decide.
 */
final class Grok2 {
  private Grok2() {}

  static void refuse(ConfigFields fields) {
    boolean residual = fields.has("residual_moe") && fields.flagOr("residual_moe", false);
    if (residual || fields.has("attn_temperature_len")) {
      throw fields.refuse(
          "residual_moe",
          "Grok-2",
          "another family: Grok-2's published implementations disagree on its rotary embedding");
    }
  }
}
