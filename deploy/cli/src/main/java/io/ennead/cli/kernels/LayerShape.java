package io.ennead.cli.kernels;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.wire.ComputeType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A layer of experts, and how rows are spread over them: evenly, in turn.
 *
 * @param width inner width of an expert
 * @param expertsPerRow experts that each row goes to
 */
public record LayerShape(int hidden, int width, int experts, int expertsPerRow) {
  private static final int MATRICES = 3; // gate, up, down

  /** Checks that each row finds its experts. */
  public LayerShape {
    if (expertsPerRow < 1 || expertsPerRow > experts) {
      throw new IllegalArgumentException(
          "experts per row: %d (expected: 1 to %d)".formatted(expertsPerRow, experts));
    }
  }

  /**
   * The shape of a model's first layer of experts.
   *
   * @param expertsPerRow 0: as many as the model has
   */
  public static LayerShape of(Checkpoint checkpoint, int expertsPerRow) {
    MixtureOfExperts moe = checkpoint.config().moe(checkpoint.config().moeLayers().get(0));
    GatedFfn ffn = moe.experts().get(0);
    return new LayerShape(
        ffn.hiddenSize(),
        ffn.width(),
        moe.experts().size(),
        expertsPerRow > 0 ? expertsPerRow : moe.gate().expertsPerToken());
  }

  /** Which rows each expert computes. */
  List<Slice> slices(int rows) {
    List<List<Integer>> byExpert = new ArrayList<>();
    IntStream.range(0, experts).forEach(expert -> byExpert.add(new ArrayList<>()));
    for (int place = 0; place < rows * expertsPerRow; place++) {
      byExpert.get(place % experts).add(place / expertsPerRow);
    }
    List<Slice> slices = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      if (!byExpert.get(expert).isEmpty()) {
        int[] own = byExpert.get(expert).stream().mapToInt(Integer::intValue).toArray();
        slices.add(new Slice(expert, own));
      }
    }
    return slices;
  }

  /** Multiplications with an addition that rows need; padding does not count. */
  public double macs(int rows) {
    return (double) rows * expertsPerRow * expertNumbers();
  }

  /** Bytes of the weights that rows need, each read once. */
  public double weightBytes(int rows, ComputeType type) {
    long touched = Math.min(experts, (long) rows * expertsPerRow);
    int size =
        switch (type) {
          case F32 -> 4;
          case BF16 -> 2;
          case INT8 -> 1;
        };
    return (double) touched * expertNumbers() * size;
  }

  private double expertNumbers() {
    return (double) MATRICES * hidden * width;
  }
}
