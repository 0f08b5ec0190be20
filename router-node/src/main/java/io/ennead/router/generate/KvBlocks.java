package io.ennead.router.generate;

import java.math.BigInteger;
import java.util.ArrayDeque;

/**
 * The KV cache's blocks: who holds which. Block 0 is nobody's: padding rows write there. A block
 * may have several holders and is free again when the last lets go. Owned by the generation loop's
 * thread.
 */
final class KvBlocks {
  private final int blockSize;
  private final int[] holders;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();

  /**
   * All blocks free.
   *
   * @param blocks how many, block 0 not counted
   * @param blockSize positions per block
   */
  KvBlocks(int blocks, int blockSize) {
    this.blockSize = blockSize;
    this.holders = new int[blocks + 1];
    for (int block = 1; block <= blocks; block++) {
      free.add(block);
    }
  }

  int total() {
    return holders.length - 1;
  }

  int used() {
    return total() - free.size();
  }

  /** Blocks that a number of positions needs. */
  int needed(int positions) {
    return (positions + blockSize - 1) / blockSize;
  }

  /** Blocks that a number of positions fills. */
  int whole(int positions) {
    return positions / blockSize;
  }

  /** Fewest positions that fill both blocks and chunks of a prompt. */
  int unit(int chunk) {
    int shared = BigInteger.valueOf(blockSize).gcd(BigInteger.valueOf(chunk)).intValue();
    return blockSize / shared * chunk;
  }

  int holders(int block) {
    return holders[block];
  }

  boolean available(int blocks) {
    return free.size() >= blocks;
  }

  /** Takes blocks, each with one holder. */
  int[] take(int blocks) {
    if (!available(blocks)) {
      throw new IllegalStateException(
          "KV blocks: %d free (expected: at least %d)".formatted(free.size(), blocks));
    }
    int[] taken = new int[blocks];
    for (int i = 0; i < blocks; i++) {
      taken[i] = free.remove();
      holders[taken[i]] = 1;
    }
    return taken;
  }

  /** Adds a holder to blocks that are held. */
  void share(int[] blocks) {
    for (int block : blocks) {
      requireHeld(block);
      holders[block]++;
    }
  }

  /** Takes a holder away; a block without one is free. */
  void release(int[] blocks) {
    for (int block : blocks) {
      requireHeld(block);
      if (--holders[block] == 0) {
        free.add(block);
      }
    }
  }

  private void requireHeld(int block) {
    if (holders[block] == 0) {
      throw new IllegalStateException("KV block %d: free (expected: held)".formatted(block));
    }
  }
}
