package io.ennead.cli.attack;

import io.ennead.cli.attack.Usage.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Fails when a piece of work leaves more in use than was in use before it, beyond bounds that the
 * caller states. What has no bound is not looked at. Measures after a full collection, and again
 * for a while: connections close and requests end a little after who held them has left.
 */
final class LeakGuard {
  private static final Duration SETTLE = Duration.ofSeconds(20);

  private final Map<Resource, Double> bounds;
  private final List<Supplier<String>> metrics;
  private final Duration settle;
  private final Usage before;

  private LeakGuard(Map<Resource, Double> bounds, List<Supplier<String>> metrics, Duration settle) {
    this.bounds = Map.copyOf(bounds);
    this.metrics = List.copyOf(metrics);
    this.settle = settle;
    before = settled();
  }

  /**
   * Remembers what is in use now.
   *
   * @param bounds how much each may grow
   * @param metrics the nodes' pages as Prometheus reads them
   */
  static LeakGuard watch(Map<Resource, Double> bounds, List<Supplier<String>> metrics) {
    return new LeakGuard(bounds, metrics, SETTLE);
  }

  /** The same for work that has ended when it is checked, with less time to settle. */
  static LeakGuard watch(Map<Resource, Double> bounds, Duration settle) {
    return new LeakGuard(bounds, List.of(), settle);
  }

  /** Buffers that nobody holds are given back a little after the collection that finds them. */
  private Usage settled() {
    Usage last = Usage.now(metrics);
    for (int i = 0; i < 10; i++) {
      Usage next = Usage.now(metrics);
      if (next.growth(Resource.DIRECT, last) >= 0) {
        return next;
      }
      last = next;
    }
    return last;
  }

  /** Fails when something has grown beyond its bound and stays so. */
  Usage assertNoGrowth(String work) {
    Usage[] last = {before};
    try {
      Awaitility.await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .atMost(settle)
          .until(
              () -> {
                last[0] = Usage.now(metrics);
                return excess(last[0]).isEmpty();
              });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(work + " left in use: " + excess(last[0]), e);
    }
    return last[0];
  }

  /** "HEAP: 100 more (expected: at most 10)" for each that has grown beyond its bound. */
  private String excess(Usage after) {
    return bounds.entrySet().stream()
        .filter(bound -> after.growth(bound.getKey(), before) > bound.getValue())
        .map(
            bound ->
                "%s: %.2f more (expected: at most %.2f)"
                    .formatted(
                        bound.getKey(), after.growth(bound.getKey(), before), bound.getValue()))
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
