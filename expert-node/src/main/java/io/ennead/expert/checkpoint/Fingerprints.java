package io.ennead.expert.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Norm;
import io.ennead.expert.architecture.Weight;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;

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
   * What router and expert nodes must agree on: the text of {@link ArchitectureText}, then of each
   * layer in order the norms and, if it has experts, the gate, then the final norm, each labelled
   * with its name in the checkpoint.
   */
  public static String model(Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    var hash = new Fingerprints(checkpoint);
    hash.digest.update(ArchitectureText.of(config).getBytes(UTF_8));
    for (LayerConfig layer : config.layers()) {
      layer.norms().map(Norm::weight).forEach(weight -> hash.add(weight.tensor(), weight));
      layer.experts().stream()
          .flatMap(Fingerprints::gate)
          .forEach(weight -> hash.add(weight.tensor(), weight));
    }
    Weight finalNorm = config.finalNorm().weight();
    hash.add(finalNorm.tensor(), finalNorm);
    return hash.hex();
  }

  private static Stream<Weight> gate(MixtureOfExperts experts) {
    return Stream.concat(experts.router().weights(), experts.gate().selectionBias().stream());
  }

  /**
   * The weights of one expert of one layer: its matrices, labelled {@code gate}, {@code up} and
   * {@code down}, each with its bias behind it, if it has one. Equal weights have equal
   * fingerprints wherever they are.
   */
  public static String expert(Checkpoint checkpoint, int layer, int expert) {
    GatedFfn ffn = checkpoint.config().moe(layer).experts().get(expert);
    var hash = new Fingerprints(checkpoint);
    hash.add("gate", ffn.gate());
    hash.add("up", ffn.up());
    hash.add("down", ffn.down());
    return hash.hex();
  }

  private void add(String label, Linear map) {
    add(label, map.weight());
    map.bias().ifPresent(bias -> add(label + " bias", bias));
  }

  private void add(String label, Weight weight) {
    add(digest, label, checkpoint, weight);
  }

  /** Takes a tensor into a hash. */
  public static void add(MessageDigest digest, String label, Checkpoint checkpoint, Weight weight) {
    try (FloatSource source = checkpoint.open(weight)) {
      digest.update(
          "%s %s %dx%d\n"
              .formatted(label, source.format(), weight.rows(), weight.columns())
              .getBytes(UTF_8));
      source.digest(digest, weight.offset(), weight.span());
    }
  }

  private String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The hash of all fingerprints. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
