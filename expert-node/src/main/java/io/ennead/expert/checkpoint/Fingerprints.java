package io.ennead.expert.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;

/**
 * Content hashes: SHA-256, lower-case hex. They depend on what the tensors are, not on how files
 * are sharded.
 *
 * <p>A tensor enters a hash as the line {@code label dtype shape\n} in UTF-8, such as {@code gate
 * BF16 384x192}, followed by its bytes as stored. Type and shape fix the number of bytes, so no two
 * inputs read the same.
 */
public final class Fingerprints {
  private final MessageDigest digest = sha256();
  private final Checkpoint checkpoint;

  private Fingerprints(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * What router and expert nodes must agree on: the text of {@link #architecture}, then of each
   * layer in order the gate, the input norm and the norm after attention, then the final norm, each
   * labelled with its name in the checkpoint.
   */
  public static String model(Checkpoint checkpoint) {
    Family family = checkpoint.config().family();
    var hash = new Fingerprints(checkpoint);
    hash.digest.update(architecture(checkpoint.config()).getBytes(UTF_8));
    for (int layer = 0; layer < checkpoint.config().layers(); layer++) {
      hash.add(family.gate(layer));
      hash.add(family.inputNorm(layer));
      hash.add(family.postAttentionNorm(layer));
    }
    hash.add(family.finalNorm());
    return hash.hex();
  }

  /**
   * The weights of one expert of one layer: its three tensors, labelled {@code gate}, {@code up}
   * and {@code down}, in this order. Equal weights have equal fingerprints wherever they are.
   */
  public static String expert(Checkpoint checkpoint, int layer, int expert) {
    Family family = checkpoint.config().family();
    var hash = new Fingerprints(checkpoint);
    hash.add("gate", family.expertGate(layer, expert));
    hash.add("up", family.expertUp(layer, expert));
    hash.add("down", family.expertDown(layer, expert));
    return hash.hex();
  }

  /**
   * One {@code key=value\n} per field; numbers that are not whole as {@link Double#toHexString}.
   */
  private static String architecture(ModelConfig config) {
    return """
        family=%s
        hidden_size=%s
        layers=%s
        attention_heads=%s
        key_value_heads=%s
        head_dim=%s
        experts=%s
        experts_per_token=%s
        expert_width=%s
        vocabulary_size=%s
        context_length=%s
        rms_norm_epsilon=%s
        rope_theta=%s
        tie_word_embeddings=%s
        """
        .formatted(
            config.family().modelType(),
            config.hiddenSize(),
            config.layers(),
            config.attentionHeads(),
            config.keyValueHeads(),
            config.headDim(),
            config.experts(),
            config.expertsPerToken(),
            config.expertWidth(),
            config.vocabularySize(),
            config.contextLength(),
            Double.toHexString(config.rmsNormEpsilon()),
            Double.toHexString(config.ropeTheta()),
            config.tieWordEmbeddings());
  }

  private void add(String name) {
    add(name, name);
  }

  private void add(String label, String name) {
    TensorInfo info = checkpoint.info(name);
    String shape = info.shape().stream().map(String::valueOf).collect(Collectors.joining("x"));
    digest.update("%s %s %s\n".formatted(label, info.type(), shape).getBytes(UTF_8));
    try (MappedTensor tensor = checkpoint.map(name)) {
      tensor.digest(digest);
    }
  }

  private String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
