package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Rotary;

/**
 * What most families take over from Llama as it is: SiLU-gated networks, grouped-query attention
 * under {@code self_attn}, and one rotary embedding for all layers.
 *
 * @param parts what all families have
 * @param heads of every layer
 * @param rotary of every layer
 */
record LlamaParts(Parts parts, Heads heads, Rotary rotary) {
  static LlamaParts read(ConfigFields config) {
    config.requireText("hidden_act", "silu");
    Parts parts = new Parts(config);
    Heads heads = Heads.read(config, parts.hidden());
    return new LlamaParts(parts, heads, new RotaryReader(config).read(heads.dim(), false));
  }

  /** A layer's attention, to which a family adds what is its own. */
  AttentionBuilder attention(int layer) {
    return new AttentionBuilder(heads, parts.hidden(), rotary, attentionPrefix(layer));
  }

  static String attentionPrefix(int layer) {
    return Parts.layer(layer) + "self_attn.";
  }
}
