package io.ennead.expert.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.FloatSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of a pack: its manifest with a hash of zeros, then of each tensor in the layout's order
 * the line {@code name dtype rows x columns} and its bytes as stored.
 */
final class PackHash {
  private static final String NONE = "0".repeat(64);

  private PackHash() {}

  static String of(PackManifest manifest, PackLayout layout, Checkpoint tensors) {
    MessageDigest digest = sha256();
    digest.update(manifest.withHash(NONE).json().getBytes(UTF_8));
    layout
        .weights()
        .forEach(
            weight -> {
              try (FloatSource source = tensors.open(weight)) {
                digest.update(
                    "%s %s %dx%d\n"
                        .formatted(
                            weight.tensor(), source.format(), weight.rows(), weight.columns())
                        .getBytes(UTF_8));
                source.digest(digest, 0, weight.size());
              }
            });
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
