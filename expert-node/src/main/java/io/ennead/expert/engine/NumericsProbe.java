package io.ennead.expert.engine;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs a fixed batch through an expert of fixed pseudo-random weights of the model's shape, with
 * both tiles, and hashes the bits that come out. What the machine, the library, the thread count,
 * the dtype and the tiles (0: none) do to the bits shows in this hash, and nothing else does. It is
 * also the warm-up.
 *
 * <p>Where the kernel may promise it, it is also tried which other numbers of rows give the bits
 * that a tile gives, at every place: products may have those as well.
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
  private final Rows input;

  NumericsProbe(ExpertSlots slots, EngineOptions options) {
    this.module = slots.module();
    this.options = options;
    this.slots = slots;
    int longest = Math.max(slots.hidden(), slots.width());
    this.values =
        ByteBuffer.allocateDirect(Math.max(longest, BLOCK) * Float.BYTES)
            .order(ByteOrder.nativeOrder());
    float[] rows = new float[ROWS * slots.hidden()];
    pseudoRandom(FloatBuffer.wrap(rows), 7, 1);
    this.input = Rows.of(rows, slots.hidden());
  }

  /**
   * What the probe found.
   *
   * @param id the hash
   * @param decode rows that a product may have when decoding
   * @param prefill rows that a product may have otherwise
   */
  record Numerics(String id, RunLengths decode, RunLengths prefill) {

    RunLengths runs(Tile tile) {
      return switch (tile) {
        case DECODE -> decode;
        case PREFILL -> prefill;
      };
    }
  }

  Numerics run() {
    int slot = loadProbe();
    int decodeTile = options.rows(Tile.DECODE);
    int prefillTile = options.rows(Tile.PREFILL);
    float[] decode = pass(slot, decodeTile);
    float[] prefill = pass(slot, prefillTile);
    RunLengths likeDecode = lengths(slot, decodeTile, decode);
    RunLengths likePrefill =
        likeDecode.allows(prefillTile) ? likeDecode : lengths(slot, prefillTile, prefill);
    slots.release(slot);
    return new Numerics(id(decodeTile, decode, prefillTile, prefill), likeDecode, likePrefill);
  }

  private static String id(int decodeTile, float[] decode, int prefillTile, float[] prefill) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(decodeTile).flip());
    digest.update(bytes(decode));
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(prefillTile).flip());
    digest.update(bytes(prefill));
    return HexFormat.of().formatHex(digest.digest(), 0, ID_BYTES);
  }

  /**
   * The executor specialises a module over its first passes; the last pass is what serving will
   * run.
   */
  private float[] pass(int slot, int tile) {
    Slice slice = new Slice(0, IntStream.range(0, ROWS).toArray());
    RunLengths runs = tile == 0 ? RunLengths.ANY : new RunLengths(tile);
    TilePlan plan = TilePlan.of(List.of(slice), runs, expert -> slot);
    float[] result = new float[0];
    for (int i = 0; i < PASSES; i++) {
      result = run(plan);
    }
    return result;
  }

  private float[] run(TilePlan plan) {
    return slots.run(plan, input).toArray();
  }

  private RunLengths lengths(int slot, int tile, float[] expected) {
    if (!options.fixedTiles()) {
      return RunLengths.ANY;
    }
    boolean tried = slots.anyLength();
    return RunLengths.of(tile, n -> tried && isAlike(slot, n, expected));
  }

  /** A product of one row comes before, so that the other begins at an odd place of memory. */
  private boolean isAlike(int slot, int length, float[] expected) {
    int[] rows = IntStream.rangeClosed(0, length).map(place -> place % ROWS).toArray();
    int[] places = IntStream.rangeClosed(1, length).toArray();
    TilePlan plan = new TilePlan(rows, places, new long[] {slot, slot}, new long[] {1, length});
    float[] result = run(plan);
    return IntStream.range(0, length).allMatch(i -> isRow(result, i, expected, rows[places[i]]));
  }

  private boolean isRow(float[] matrix, int row, float[] other, int otherRow) {
    int n = slots.hidden();
    return Arrays.equals(matrix, row * n, (row + 1) * n, other, otherRow * n, (otherRow + 1) * n);
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
