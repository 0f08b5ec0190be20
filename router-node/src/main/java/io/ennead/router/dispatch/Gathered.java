package io.ennead.router.dispatch;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What came back for one layer: outputs or an error per expert, and the weighted sum over them.
 * Used by the thread that called the layer only.
 */
final class Gathered {
  private final int layer;
  private final Routing routing;
  private final int width;

  // By expert id: the order of the sum.
  private final Map<Integer, Outputs> outputs = new TreeMap<>();
  private final Map<Integer, ServingException> failures = new HashMap<>();
  private final Map<Integer, Set<Integer>> missing = new HashMap<>();
  private @Nullable Sum sum;

  /**
   * The weighted sum over what is there.
   *
   * @param values [rows, width]
   * @param notFinite rows with a NaN or an infinity
   */
  private record Sum(float[] values, int[] notFinite) {}

  /** Where one expert's outputs begin: row {@code first} of {@code values}. */
  private record Outputs(ExpertRows rows, NodeCall call, Rows values, int first) {}

  Gathered(int layer, Routing routing, int width) {
    this.layer = layer;
    this.routing = routing;
    this.width = width;
  }

  /** Takes an expert's outputs, which begin at row {@code first} of a reply; instead of others. */
  void add(ExpertRows rows, NodeCall call, Rows values, int first) {
    outputs.put(rows.expert(), new Outputs(rows, call, values, first));
    sum = null;
  }

  /** The rows of an expert cannot be computed. */
  void fail(ExpertRows rows, ServingException error) {
    if (outputs.containsKey(rows.expert())) {
      return; // they were, and which of them are of no use shows in the sum
    }
    for (int row : rows.rows()) {
      fail(row, rows.expert(), error);
    }
  }

  private void fail(int row, int expert, ServingException error) {
    failures.putIfAbsent(row, error);
    missing.computeIfAbsent(row, none -> new HashSet<>()).add(expert);
  }

  /** The experts whose outputs are not finite, and who computed them. */
  Map<ExpertRows, ExpertPeer> notFinite() {
    Map<ExpertRows, ExpertPeer> found = new LinkedHashMap<>();
    for (int row : sum().notFinite()) {
      for (Outputs expert : outputs.values()) {
        if (gaveNonsense(expert, row)) {
          found.put(expert.rows(), expert.call().peer());
        }
      }
    }
    return found;
  }

  /** The weighted sum in ascending expert id, of those experts that gave something. */
  CombinedRows combine(RoutingObserver observer) {
    for (int row : sum().notFinite()) {
      blame(row);
    }
    for (Outputs expert : outputs.values()) {
      expert.rows().report(observer, expert.call().origin(), expert.values(), expert.first());
    }
    return new CombinedRows(sum().values(), failures, missing);
  }

  private Sum sum() {
    Sum known = sum;
    if (known == null) {
      float[] values = new float[routing.rows() * width];
      for (Outputs expert : outputs.values()) {
        expert.rows().addTo(values, expert.values(), expert.first());
      }
      known = new Sum(values, rowsNotFinite(values));
      sum = known;
    }
    return known;
  }

  // What is not finite shows in the sum, which is shorter than what went into it.
  private int[] rowsNotFinite(float[] all) {
    return IntStream.range(0, routing.rows()).filter(row -> !finite(all, row * width)).toArray();
  }

  // Row by row: one that overflows says nothing about its neighbours.
  private void blame(int row) {
    for (Outputs expert : outputs.values()) {
      if (gaveNonsense(expert, row)) {
        fail(row, expert.rows().expert(), notFinite(expert));
      }
    }
    float[] all = sum().values();
    Arrays.fill(all, row * width, (row + 1) * width, 0f);
    addOthers(row, all);
  }

  private void addOthers(int row, float[] all) {
    float[] output = new float[width];
    for (Outputs expert : outputs.values()) {
      int place = place(expert, row);
      if (place >= 0 && !missing.getOrDefault(row, Set.of()).contains(expert.rows().expert())) {
        expert.values().read(expert.first() + place, output, 0);
        for (int i = 0; i < width; i++) {
          all[row * width + i] += expert.rows().weights()[place] * output[i];
        }
      }
    }
  }

  private boolean gaveNonsense(Outputs expert, int row) {
    int place = place(expert, row);
    if (place < 0) {
      return false;
    }
    float[] output = new float[width];
    expert.values().read(expert.first() + place, output, 0);
    return !finite(output, 0);
  }

  private static int place(Outputs expert, int row) {
    return Arrays.binarySearch(expert.rows().rows(), row);
  }

  private boolean finite(float[] values, int from) {
    for (int i = from; i < from + width; i++) {
      if (!Float.isFinite(values[i])) {
        return false;
      }
    }
    return true;
  }

  private ServingException notFinite(Outputs expert) {
    return ServingException.engineFailure(
        "expert %d of layer %d on %s: NaN or infinity in its output (expected: finite values)"
            .formatted(expert.rows().expert(), layer, expert.call().origin().node()),
        null);
  }
}
