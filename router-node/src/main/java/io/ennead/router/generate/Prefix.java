package io.ennead.router.generate;

import io.ennead.router.moe.RoutingOptions;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A beginning that prompts may share, a whole number of the cache's units long: the prefix that is
 * one unit shorter, and the blocks of the last unit. Compared by identity.
 */
final class Prefix {
  private final Key key;
  private final int[] blocks;

  /**
   * A prefix.
   *
   * @param blocks KV blocks of the last unit; not to be modified
   */
  Prefix(Key key, int[] blocks) {
    this.key = key;
    this.blocks = blocks;
  }

  Key key() {
    return key;
  }

  int[] blocks() {
    return blocks;
  }

  /**
   * What a prefix is found by: everything that the bits of its keys and values depend on.
   *
   * @param parent the prefix that is one unit shorter; null for the first unit
   * @param routing {@linkplain RoutingOptions#effective() effective} routing
   * @param tokens of the last unit; not to be modified
   */
  record Key(@Nullable Prefix parent, RoutingOptions routing, IntBuffer tokens) {}
}
