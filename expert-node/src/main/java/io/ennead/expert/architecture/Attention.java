package io.ennead.expert.architecture;

import java.util.stream.Stream;

/** A layer's attention. */
public sealed interface Attention permits GroupedQueryAttention, LatentAttention {
  /** Query heads. */
  int heads();

  /** Linear map from all heads to the residual stream. */
  Linear output();

  /** Numbers kept in the KV cache per position. */
  int cachedPerPosition();

  /** Rotary embedding of queries and keys. */
  Rotary rotary();

  /** All weights. */
  Stream<Weight> weights();
}
