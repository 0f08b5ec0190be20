package io.ennead.expert.architecture;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Attention whose query heads share key and value heads: query head a reads head {@code a / (heads
 * / keyValueHeads)} (Ainslie et al. 2023).
 *
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param headDim width of a head
 * @param query [heads * headDim, hidden]
 * @param key [keyValueHeads * headDim, hidden]
 * @param value [keyValueHeads * headDim, hidden]
 * @param output [hidden, heads * headDim]
 * @param queryNorm before the rotary embedding; of one head ([headDim]) or of all together
 * @param keyNorm the same for keys
 * @param clip queries and keys (after their norms) and values are clamped to +- this
 * @param scale factor of {@code q . k}
 * @param softCap c of {@code c tanh(s / c)} on scaled scores, before the mask
 * @param sinks [heads], one more logit per head, whose probability is dropped
 * @param window positions seen, the token's own included
 * @param rotary rotary embedding
 */
public record GroupedQueryAttention(
    int heads,
    int keyValueHeads,
    int headDim,
    Linear query,
    Linear key,
    Linear value,
    Linear output,
    Optional<Norm> queryNorm,
    Optional<Norm> keyNorm,
    OptionalDouble clip,
    double scale,
    OptionalDouble softCap,
    Optional<Weight> sinks,
    OptionalInt window,
    Rotary rotary)
    implements Attention {

  @Override
  public int cachedPerPosition() {
    return 2 * keyValueHeads * headDim;
  }

  @Override
  public Stream<Weight> weights() {
    return Stream.of(
            Stream.of(query, key, value, output).flatMap(Linear::weights),
            Stream.concat(queryNorm.stream(), keyNorm.stream()).map(Norm::weight),
            sinks.stream())
        .flatMap(weights -> weights);
  }
}
