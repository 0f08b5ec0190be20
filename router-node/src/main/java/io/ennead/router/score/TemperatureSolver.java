package io.ennead.router.score;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.score.TemperatureFit.Result;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the inverse temperature B = 1 / T at which tokens are most likely, from evaluations that
 * somebody else makes: each may be a pass over a model, so several are asked for at once.
 *
 * <p>The log-likelihood is concave ({@link Likelihood}), so its slope falls, and the maximum is
 * where it is 0. Its limits at B = +-infinity tell exactly whether there is one: the sum of (logit
 * of the token - highest logit) is 0 only when every token is an argmax. The root is kept between
 * two evaluations. The next one is made at the root of Hermite's interpolation of slope and
 * curvature through the nearest points, and where that converges slowly also in the middle. It ends
 * when Newton's step from an evaluated point leads near enough.
 *
 * <p>For one thread at a time; keeps at most four evaluations.
 */
public final class TemperatureSolver {
  /** Of B: relative, and absolute near 0. */
  static final double PRECISION = 1e-9;

  static final double PRECISION_NEAR_ZERO = 1e-12;

  private static final int MAX_ROUNDS = 60;
  private static final int HALVINGS = 80;

  /** The limits, and around where most texts lie: T from 0.4 to 2.5. */
  private static final List<Double> FIRST =
      List.of(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.4, 1.0, 2.5);

  /** By B, finite: the two nearest on either side of the root. */
  private final TreeMap<Double, Likelihood> points = new TreeMap<>();

  private List<Double> wanted = FIRST;
  private int rounds;
  private double step = Double.POSITIVE_INFINITY;
  private @Nullable TemperatureFit fit;
  private double highest = Double.NaN;
  private double lowest = Double.NaN;

  /** Where the likelihood is to be evaluated next, different from each other; empty at the end. */
  public List<Double> wanted() {
    return wanted;
  }

  /** The result; empty before the end. */
  public Optional<TemperatureFit> fit() {
    return Optional.ofNullable(fit);
  }

  /**
   * Takes a round of evaluations: all that were wanted, and any others.
   *
   * @throws ServingException when so many rounds have not found the maximum, which only evaluations
   *     of no concave function can do
   */
  public void accept(Collection<Likelihood> evaluations) {
    if (fit != null) {
      return;
    }
    evaluations.forEach(this::add);
    fit = solve();
    wanted = fit == null ? next() : List.of();
    if (fit == null && ++rounds == MAX_ROUNDS) {
      throw ServingException.engineFailure(
          "temperature fit: no maximum after %d rounds".formatted(rounds), null);
    }
  }

  private void add(Likelihood point) {
    double b = point.inverseTemperature() + 0.0; // -0 is 0
    if (Double.isFinite(b)) {
      points.put(b, point);
    } else if (b > 0) {
      highest = point.slope();
    } else {
      lowest = point.slope();
    }
  }

  private @Nullable TemperatureFit solve() {
    if (highest == 0 || lowest == 0) {
      return TemperatureFit.without(
          highest != 0
              ? Result.NEGATIVE_ZERO
              : lowest == 0 ? Result.NOT_IDENTIFIABLE : Result.ZERO);
    }
    prune();
    return points.values().stream()
        .filter(this::converged)
        .findFirst()
        .map(this::found)
        .orElse(null);
  }

  /** Drops what is farther from the root than two points on its side. */
  private void prune() {
    List<Double> rising = points.keySet().stream().filter(b -> slope(b) > 0).toList();
    List<Double> falling = points.keySet().stream().filter(b -> slope(b) < 0).toList();
    rising.stream().limit(Math.max(0, rising.size() - 2)).forEach(points::remove);
    falling.stream().skip(2).forEach(points::remove);
  }

  private double slope(double b) {
    return at(b).slope();
  }

  private Likelihood at(double b) {
    return Objects.requireNonNull(points.get(b));
  }

  /**
   * Whether Newton's step from here ends near enough: it leaves |L''' / (2 L'')| step^2, with L'''
   * as the points tell it; lest they tell it wrong, only small steps are taken on trust.
   */
  private boolean converged(Likelihood point) {
    double b = point.inverseTemperature();
    double precision = Math.max(PRECISION * Math.abs(b), PRECISION_NEAR_ZERO);
    double step = Math.abs(newton(point));
    double left = Math.abs(third(point) / (2 * point.curvature())) * step * step;
    double small = Math.sqrt(precision * Math.max(Math.abs(b), PRECISION_NEAR_ZERO / PRECISION));
    return step <= precision || (4 * left <= precision && step <= small);
  }

  private static double newton(Likelihood point) {
    return point.slope() == 0 ? 0 : -point.slope() / point.curvature();
  }

  /** L''' from the change of the curvature to the nearest other point; NaN when there is none. */
  private double third(Likelihood point) {
    double b = point.inverseTemperature();
    return points.values().stream()
        .filter(other -> other != point)
        .min(Comparator.comparingDouble(other -> Math.abs(other.inverseTemperature() - b)))
        .map(other -> (other.curvature() - point.curvature()) / (other.inverseTemperature() - b))
        .orElse(Double.NaN);
  }

  private TemperatureFit found(Likelihood point) {
    double step = newton(point);
    double b = point.inverseTemperature() + step;
    double curvature = point.curvature() + (step == 0 ? 0 : third(point) * step);
    return new TemperatureFit(
        Result.FOUND,
        Math.abs(b) <= PRECISION_NEAR_ZERO ? 0 : b,
        1 / Math.sqrt(-curvature),
        point.logLikelihood() + point.slope() * step / 2);
  }

  private List<Double> next() {
    Double low =
        points.keySet().stream().filter(b -> slope(b) > 0).reduce((a, b) -> b).orElse(null);
    Double high = points.keySet().stream().filter(b -> slope(b) < 0).findFirst().orElse(null);
    if (low == null) {
      return below(Objects.requireNonNull(high));
    }
    return high == null ? List.of(2 * low, 4 * low, 16 * low) : between(low, high);
  }

  /** Towards 0, and beyond it in steps that grow. */
  private static List<Double> below(double high) {
    if (high > 0) {
      return List.of(high / 2, 0.0, -1.0);
    }
    double from = Math.min(high, -1);
    return List.of(2 * from, 4 * from, 16 * from);
  }

  private List<Double> between(double low, double high) {
    double guess = guess(low, high);
    double middle = low + (high - low) / 2;
    double nearest =
        points.values().stream().mapToDouble(point -> Math.abs(newton(point))).min().orElseThrow();
    boolean slow = nearest > step / 4; // then the bracket at least halves
    step = nearest;
    return slow && middle != guess ? List.of(guess, middle) : List.of(guess);
  }

  /** The root of the slope's interpolation, which has the slope's signs at both ends. */
  private double guess(double low, double high) {
    Interpolation slope = Interpolation.of(points.values());
    double left = low;
    double right = high;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = left + (right - left) / 2;
      if (slope.at(middle) > 0) {
        left = middle;
      } else {
        right = middle;
      }
    }
    return left + (right - left) / 2;
  }

  /**
   * The polynomial that has the slope and the curvature of all points: Hermite's interpolation by
   * Newton's divided differences with every node twice.
   */
  private record Interpolation(double[] nodes, double[] coefficients) {
    static Interpolation of(Collection<Likelihood> points) {
      int n = 2 * points.size();
      double[] nodes = new double[n];
      double[] differences = new double[n];
      double[] derivatives = new double[n];
      int node = 0;
      for (Likelihood point : points) {
        Arrays.fill(nodes, node, node + 2, point.inverseTemperature());
        Arrays.fill(differences, node, node + 2, point.slope());
        Arrays.fill(derivatives, node, node + 2, point.curvature());
        node += 2;
      }
      for (int order = 1; order < n; order++) {
        for (int i = n - 1;
            i >= order;
            i--) { // in place: entry i becomes that of nodes i - order..i
          double distance = nodes[i] - nodes[i - order];
          differences[i] =
              distance == 0 ? derivatives[i] : (differences[i] - differences[i - 1]) / distance;
        }
      }
      return new Interpolation(nodes, differences);
    }

    double at(double b) {
      double value = 0;
      for (int i = nodes.length - 1; i >= 0; i--) {
        value = value * (b - nodes[i]) + coefficients[i];
      }
      return value;
    }
  }
}
