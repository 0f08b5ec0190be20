package io.ennead.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

/**
 * A key as it is kept: its SHA-256, never itself. Keys are 256 random bits, which nobody can guess
 * hash by hash; a slow hash, as passwords need, would protect nothing and cost every call.
 *
 * @param name for people
 * @param sha256 of the key's text, lower-case hex
 * @param share of the capacity beside other keys' shares, 1 to {@value Tenant#MAX_SHARE}
 * @param priority the highest that requests may ask for
 */
public record ApiKey(String name, Set<Role> roles, String sha256, int share, Priority priority) {
  private static final String PREFIX = "ennead_";
  private static final int BYTES = 32;

  /** Checks each part. */
  public ApiKey {
    roles = Set.copyOf(roles);
    if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException(
          "name: %s (expected: 1 to 64 letters, digits, '.', '_' or '-')".formatted(name));
    }
    if (roles.isEmpty()) {
      throw new IllegalArgumentException(
          "roles of %s: none (expected: at least 1)".formatted(name));
    }
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "sha256 of %s: expected: 64 digits of lower-case hex".formatted(name));
    }
    if (share < 1 || share > Tenant.MAX_SHARE) {
      throw new IllegalArgumentException(
          "share of %s: %d (expected: 1 to %d)".formatted(name, share, Tenant.MAX_SHARE));
    }
  }

  /** With one share and no priority over others. */
  public ApiKey(String name, Set<Role> roles, String sha256) {
    this(name, roles, sha256, 1, Priority.NORMAL);
  }

  /** A new key, as its holder sends it. */
  public static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What is kept of a key. */
  public static ApiKey of(String name, Set<Role> roles, String key) {
    return new ApiKey(name, roles, HexFormat.of().formatHex(hash(key)));
  }

  /** The same with another share and priority. */
  public ApiKey with(int otherShare, Priority otherPriority) {
    return new ApiKey(name, roles, sha256, otherShare, otherPriority);
  }

  /** Takes the same time wherever the hashes differ. */
  boolean matches(byte[] hash) {
    return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), hash);
  }

  static byte[] hash(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-256", e); // every Java has it
    }
  }
}
