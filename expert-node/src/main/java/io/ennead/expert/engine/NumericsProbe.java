package io.ennead.expert.engine;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Runs a fixed batch through an expert of fixed pseudo-random weights of the model's shape, with
 * both tiles, and hashes the bits that come out. What the machine, the library, the thread count,
 * the dtype and the tiles (0: none) do to the bits shows in this hash, and nothing else does. It is
 * also the warm-up.
 */
final class NumericsProbe {
  private static final int ROWS = 5;
  private static final int PASSES = 3;
  private static final int ID_BYTES = 8;

  /** Numbers handed over at a time. */
  private static final int BLOCK = 1 << 18;

  private final TorchModule module;
  private final EngineOptions options;
  private final ExpertSlots slots;
  private final ByteBuffer values;

  NumericsProbe(TorchModule module, EngineOptions options, ExpertSlots slots) {
    this.module = module;
    this.options = options;
    this.slots = slots;
    int longest = Math.max(slots.hidden(), slots.width());
    this.values =
        ByteBuffer.allocateDirect(Math.max(longest, BLOCK) * Float.BYTES)
            .order(ByteOrder.nativeOrder());
  }

  String run() {
    int slot = loadProbe();
    MessageDigest digest = sha256();
    for (Tile tile : Tile.values()) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(options.rows(tile)).flip());
      digest.update(bytes(pass(tile, slot)));
    }
    slots.release(slot);
    return HexFormat.of().formatHex(digest.digest(), 0, ID_BYTES);
  }

  /**
   * The executor specialises a module over its first passes; the last pass is what serving will
   * run.
   */
  private float[] pass(Tile tile, int slot) {
    int hidden = slots.hidden();
    float[] rows = new float[ROWS * hidden];
    pseudoRandom(FloatBuffer.wrap(rows), 7, 1);
    Slice slice = new Slice(0, new int[] {0, 1, 2, 3, 4});
    TilePlan plan = TilePlan.of(List.of(slice), options.rows(tile), expert -> slot);
    float[] result = new float[0];
    for (int i = 0; i < PASSES; i++) {
      result = TorchExperts.run(module, plan, Rows.of(rows, hidden)).toArray();
    }
    return result;
  }

  private int loadProbe() {
    int slot = slots.allocate();
    fill(slot, 0, slots.width(), slots.hidden());
    fill(slot, 1, slots.width(), slots.hidden());
    fill(slot, 2, slots.hidden(), slots.width());
    return slot;
  }

  /** Rows repeat from block to block: making numbers would take longer than computing with them. */
  private void fill(int slot, int part, int rows, int columns) {
    int atOnce = Math.min(rows, Math.max(1, BLOCK / columns));
    pseudoRandom(values.asFloatBuffer().limit(atOnce * columns), part, 1 / Math.sqrt(columns));
    for (int row = 0; row < rows; row += atOnce) {
      slots.fill(slot, part, row, values, Math.min(atOnce, rows - row), columns);
    }
    if (slots.biased()) {
      slots.fillBias(slot, part, 0, values, rows);
    }
  }

  /** SplitMix64, as in java.util.SplittableRandom: the same numbers everywhere. */
  private static void pseudoRandom(FloatBuffer target, long seed, double scale) {
    long state = seed * 0x9E3779B97F4A7C15L;
    for (int i = 0; i < target.limit(); i++) {
      state += 0x9E3779B97F4A7C15L;
      long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      target.put(i, (float) (((z ^ (z >>> 31)) >> 11) * 0x1.0p-52 * scale));
    }
  }

  private static ByteBuffer bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
