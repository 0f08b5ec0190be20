package io.ennead.expert.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * The architecture that a config.json describes.
 *
 * @param family which tensors there are and how they are named
 * @param hiddenSize width of a row
 * @param layers number of layers
 * @param attentionHeads query heads per layer
 * @param keyValueHeads key and value heads per layer; divides {@code attentionHeads}
 * @param headDim width of one head
 * @param experts routed experts per layer
 * @param expertsPerToken k, at most {@code experts}
 * @param expertWidth inner width of an expert
 * @param vocabularySize number of token ids
 * @param contextLength longest sequence in tokens
 * @param rmsNormEpsilon added to the mean square
 * @param ropeTheta base of the rotary embedding's wavelengths
 * @param tieWordEmbeddings whether the head is the embedding
 * @param bosTokenId beginning-of-sequence token
 * @param eosTokenIds tokens that end a sequence; may be empty
 */
public record ModelConfig(
    Family family,
    int hiddenSize,
    int layers,
    int attentionHeads,
    int keyValueHeads,
    int headDim,
    int experts,
    int expertsPerToken,
    int expertWidth,
    int vocabularySize,
    int contextLength,
    double rmsNormEpsilon,
    double ropeTheta,
    boolean tieWordEmbeddings,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds) {

  /** Copies the list. */
  public ModelConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
  }

  /**
   * Reads a config.json.
   *
   * @throws ModelFormatException when it describes anything that is not understood
   */
  public static ModelConfig read(Path file) {
    return ModelConfigReader.read(file);
  }
}
