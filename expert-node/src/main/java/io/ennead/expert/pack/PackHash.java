package io.ennead.expert.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * SHA-256 of a pack: its manifest with a hash of zeros, then of each tensor in the layout's order
 * the line {@code name dtype rows x columns} and its bytes as stored.
 */
final class PackHash {
  private static final String NONE = "0".repeat(64);

  private PackHash() {}

  static String of(PackManifest manifest, PackLayout layout, Checkpoint tensors) {
    MessageDigest digest = Fingerprints.sha256();
    digest.update(manifest.withHash(NONE).json().getBytes(UTF_8));
    layout.weights().forEach(weight -> Fingerprints.add(digest, weight.tensor(), tensors, weight));
    return HexFormat.of().formatHex(digest.digest());
  }
}
