package io.ennead.router.dispatch;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came back for one layer: outputs or an error per expert, and the weighted sum over them.
 * Used by the thread that called the layer only.
 */
final class Gathered {
  private final Routing routing;
  private final int width;

  // By expert id: the order of the sum.
  private final Map<Integer, Outputs> outputs = new TreeMap<>();
  private final Map<Integer, ServingException> failures = new HashMap<>();

  /** Where one expert's outputs begin: row {@code first} of {@code values}. */
  private record Outputs(ExpertRows rows, Origin origin, Rows values, int first) {}

  Gathered(Routing routing, int width) {
    this.routing = routing;
    this.width = width;
  }

  /** Takes a node's reply: outputs of its experts, one after the other. */
  void add(NodeCall call, Rows values) {
    Origin origin = call.origin();
    int first = 0;
    for (ExpertRows rows : call.experts()) {
      outputs.put(rows.expert(), new Outputs(rows, origin, values, first));
      first += rows.rows().length;
    }
  }

  /** The rows of an expert cannot be computed. */
  void fail(ExpertRows rows, ServingException error) {
    for (int row : rows.rows()) {
      failures.putIfAbsent(row, error);
    }
  }

  /** The weighted sum in ascending expert id; failed rows are zero. */
  CombinedRows combine(int layer, RoutingObserver observer) {
    float[] sum = new float[routing.rows() * width];
    for (Outputs expert : outputs.values()) {
      expert.rows().addTo(sum, expert.values(), expert.first());
      expert.rows().report(observer, expert.origin(), expert.values(), expert.first());
    }
    checkFinite(layer, sum);
    for (int row : failures.keySet()) {
      Arrays.fill(sum, row * width, (row + 1) * width, 0f);
    }
    return new CombinedRows(sum, failures);
  }

  // What is not finite shows in the sum, which is shorter than what went into it.
  private void checkFinite(int layer, float[] sum) {
    for (int row = 0; row < routing.rows(); row++) {
      if (!finite(sum, row * width)) {
        blame(layer, row);
      }
    }
  }

  // Row by row: one that overflows says nothing about its neighbours.
  private void blame(int layer, int row) {
    float[] output = new float[width];
    for (Outputs expert : outputs.values()) {
      int place = Arrays.binarySearch(expert.rows().rows(), row);
      if (place >= 0) {
        expert.values().read(expert.first() + place, output, 0);
        if (!finite(output, 0)) {
          failures.putIfAbsent(row, notFinite(layer, expert));
        }
      }
    }
  }

  private boolean finite(float[] values, int from) {
    for (int i = from; i < from + width; i++) {
      if (!Float.isFinite(values[i])) {
        return false;
      }
    }
    return true;
  }

  private static ServingException notFinite(int layer, Outputs expert) {
    return ServingException.engineFailure(
        "expert %d of layer %d on %s: NaN or infinity in its output (expected: finite values)"
            .formatted(expert.rows().expert(), layer, expert.origin().node()),
        null);
  }
}
