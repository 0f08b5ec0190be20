package io.ennead.expert.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Multi-head latent attention (DeepSeek-V2 report, 2.1; transformers, modular_deepseek_v3.py): keys
 * and values of all heads come from one latent vector per position, which is what the KV cache
 * keeps, beside one rotary key shared by all heads.
 *
 * @param heads query heads
 * @param plainDim width of the part of a query or key without rotary embedding
 * @param valueDim width of a head's value
 * @param latentDim width of the latent vector
 * @param queryDown [queryLatent, hidden]; absent: queries come from the row itself
 * @param queryNorm of the query's latent vector
 * @param query [heads * (plainDim + rotary), queryLatent or hidden]; per head the plain part first
 * @param latentDown [latentDim + rotary, hidden]: latent vector, then the shared rotary key
 * @param latentNorm of the latent vector
 * @param latentUp [heads * (plainDim + valueDim), latentDim]; per head the key first
 * @param output [hidden, heads * valueDim]
 * @param scale factor of {@code q . k}
 * @param rotary rotary embedding; its dimensions are the rotary part's width
 */
public record LatentAttention(
    int heads,
    int plainDim,
    int valueDim,
    int latentDim,
    Optional<Weight> queryDown,
    Optional<Norm> queryNorm,
    Weight query,
    Weight latentDown,
    Norm latentNorm,
    Weight latentUp,
    Linear output,
    double scale,
    Rotary rotary)
    implements Attention {

  @Override
  public int cachedPerPosition() {
    return latentDim + rotary.dimensions();
  }

  @Override
  public Stream<Weight> weights() {
    return Stream.of(
            queryDown.stream(),
            queryNorm.stream().map(Norm::weight),
            Stream.of(query, latentDown, latentNorm.weight(), latentUp),
            output.weights())
        .flatMap(weights -> weights);
  }
}
