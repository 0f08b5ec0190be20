package io.ennead.expert.engine;

import io.ennead.wire.ComputeType;
import java.util.regex.Pattern;

/**
 * How an engine computes.
 *
 * @param device "cpu" or "cuda:N"
 * @param type number format of the products
 * @param threads native threads per call: one for every node, until there are more cores than busy
 *     nodes on a machine; it may decide the bits, so it is the same on every node
 * @param decodeTile rows per product when decoding; 0: by the experts' size
 * @param prefillTile rows per product otherwise; 0: by the experts' size
 * @param fixedTiles pad every product to its tile, or to another number of rows that gives the same
 *     bits, so that these do not depend on the batch; otherwise a product has as many rows as there
 *     are
 */
public record EngineOptions(
    String device,
    ComputeType type,
    int threads,
    int decodeTile,
    int prefillTile,
    boolean fixedTiles) {

  /**
   * Up to so many numbers in an expert's three matrices they stay in a cache from one tile to the
   * next, and small tiles pad less; the matrices of a larger one are read from memory for every
   * tile.
   */
  private static final long SMALL_EXPERT = 4L << 20;

  /** Numbers in an expert's three matrices from which on they are packed in f32. */
  private static final long PACKED_EXPERT = 1L << 17;

  private static final Pattern DEVICE = Pattern.compile("cpu|cuda:\\d{1,3}");

  /** Whether this names a device: cpu or cuda:N. */
  public static boolean isDevice(String name) {
    return DEVICE.matcher(name).matches();
  }

  /** The same with the tiles of experts of this shape, where none are given. */
  EngineOptions forExperts(int hidden, int width) {
    boolean small = isSmall(hidden, width);
    return new EngineOptions(
        device,
        type,
        threads,
        decodeTile > 0 ? decodeTile : small ? 4 : 8,
        prefillTile > 0 ? prefillTile : small ? 32 : 64,
        fixedTiles);
  }

  /**
   * Whether experts of this shape are packed for the processor, where it can: the smallest in f32
   * are not, since starting a packed product takes longer than a plain one.
   */
  boolean packs(int hidden, int width) {
    boolean worthwhile = numbers(hidden, width) >= PACKED_EXPERT;
    return TorchModule.packsFor(device)
        && (type == ComputeType.BF16 || type == ComputeType.F32 && worthwhile);
  }

  private static boolean isSmall(int hidden, int width) {
    return numbers(hidden, width) <= SMALL_EXPERT;
  }

  private static long numbers(int hidden, int width) {
    return 3L * hidden * width;
  }

  /** Rows per product; 0: as many as there are. */
  int rows(ExpertEngine.Tile tile) {
    if (!fixedTiles) {
      return 0;
    }
    return switch (tile) {
      case DECODE -> decodeTile;
      case PREFILL -> prefillTile;
    };
  }
}
