package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.FailurePolicy.Drop;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets rows that lack experts go on without them where their request allows it: the weights of the
 * others are scaled so that their total is that of all (as Hivemind's RemoteMixtureOfExperts does).
 */
public final class Survivors {
  private final Routing routing;
  private final CombinedRows sum;
  private final Map<Integer, ServingException> failures;
  private final Map<Integer, Set<Integer>> degraded = new HashMap<>();

  private Survivors(Routing routing, CombinedRows sum) {
    this.routing = routing;
    this.sum = sum;
    this.failures = new HashMap<>(sum.failures());
  }

  /**
   * What a layer gives when every row's policy has had its say.
   *
   * @param rows combined rows; {@code failures} are those that still fail
   * @param degraded the rows that go on, and the experts they lack
   */
  public record Result(CombinedRows rows, Map<Integer, Set<Integer>> degraded) {}

  /** Applies the policies; changes the values of the rows that go on. */
  public static Result of(CombinedRows sum, Routing routing, RoutedRows rows) {
    if (sum.failures().isEmpty()) {
      return new Result(sum, Map.of());
    }
    Survivors survivors = new Survivors(routing, sum);
    sum.missing().forEach((row, lost) -> survivors.decide(row, lost, rows.options().get(row)));
    return new Result(
        new CombinedRows(sum.values(), survivors.failures, sum.missing()), survivors.degraded);
  }

  private void decide(int row, Set<Integer> lost, RoutingOptions options) {
    @Nullable Drop drop = options.failure().drop().orElse(null);
    if (drop == null) {
      return;
    }
    int left = 0;
    float leftWeight = 0;
    float weight = 0;
    int k = routing.expertsPerRow();
    for (int place = row * k; place < (row + 1) * k; place++) {
      float own = routing.weights()[place];
      boolean survives = own != 0 && !lost.contains(routing.experts()[place]);
      left += survives ? 1 : 0;
      leftWeight += survives ? own : 0;
      weight += own;
    }
    if (left >= drop.minExperts() && leftWeight > 0) {
      scale(row, weight / leftWeight);
      failures.remove(row);
      degraded.put(row, lost);
    }
  }

  private void scale(int row, float factor) {
    int width = sum.values().length / routing.rows();
    for (int i = row * width; i < (row + 1) * width; i++) {
      sum.values()[i] *= factor;
    }
  }
}
