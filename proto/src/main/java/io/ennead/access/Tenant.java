package io.ennead.access;

/**
 * Who calls, as far as sharing a node with others goes: the holder of a key, else of a certificate.
 *
 * @param name "key:" and the key's name, or "certificate:" and its subject; empty where nobody is
 *     asked who they are, and all callers are one
 * @param share of the capacity beside others' shares, 1 to {@value #MAX_SHARE}
 * @param highest priority that requests may ask for
 */
public record Tenant(String name, int share, Priority highest) {
  /** More would leave others with less than one place of a queue of the usual length. */
  static final int MAX_SHARE = 100;

  /** Everybody, where nobody is asked. */
  public static final Tenant ANYBODY = new Tenant("", 1, Priority.HIGH);

  /** Checks the share. */
  public Tenant {
    if (share < 1 || share > MAX_SHARE) {
      throw new IllegalArgumentException(
          "share: %d (expected: 1 to %d)".formatted(share, MAX_SHARE));
    }
  }

  static Tenant holding(ApiKey key) {
    return new Tenant("key:" + key.name(), key.share(), key.priority());
  }

  static Tenant holding(Certified certificate) {
    return new Tenant("certificate:" + certificate.subject(), 1, Priority.NORMAL);
  }

  /** Whether this is one caller among others. */
  public boolean named() {
    return !name.isEmpty();
  }
}
