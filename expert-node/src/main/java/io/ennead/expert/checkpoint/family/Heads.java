package io.ennead.expert.checkpoint.family;

/**
 * Attention heads of a model.
 *
 * @param queries query heads
 * @param keyValues key and value heads; divides {@code queries}
 * @param dim width of a head
 */
record Heads(int queries, int keyValues, int dim) {
  /** All heads together: keeps products of sizes within an int. */
  private static final int MAX_WIDTH = 1 << 20;

  static Heads read(ConfigFields config, int hidden) {
    int queries = config.positive("num_attention_heads", MAX_WIDTH);
    int keyValues = config.positiveOr("num_key_value_heads", queries);
    if (queries % keyValues != 0) {
      throw config.refuse("num_key_value_heads", keyValues, "a divisor of " + queries);
    }
    if (!config.has("head_dim") && hidden % queries != 0) {
      throw config.refuse("num_attention_heads", queries, "a divisor of hidden_size " + hidden);
    }
    int dim = config.positiveOr("head_dim", hidden / queries);
    if (dim % 2 != 0 || dim > MAX_WIDTH / queries) {
      throw config.refuse(
          "head_dim",
          dim,
          "an even number (rotary embedding turns pairs), at most " + MAX_WIDTH / queries);
    }
    return new Heads(queries, keyValues, dim);
  }

  /** Width of all query heads. */
  int queryWidth() {
    return queries * dim;
  }

  /** Width of all key heads. */
  int keyWidth() {
    return keyValues * dim;
  }

  /** The usual scale of scores. */
  double scale() {
    return 1 / Math.sqrt(dim);
  }
}
