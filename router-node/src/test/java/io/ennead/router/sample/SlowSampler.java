package io.ennead.router.sample;

import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The samplers as obvious as they can be: sorts everything at every step, looks for repetitions by
 * comparing lists, keeps no state but the history and Mirostat's cut-off. What {@link TokenSampler}
 * is compared with.
 */
final class SlowSampler {
  private static final float GONE = Float.NEGATIVE_INFINITY;

  private final SamplingOptions options;
  private final long seed;
  private final int promptLength;
  private final IntPredicate breaker;
  private final List<Integer> text = new ArrayList<>();
  private double mu;

  SlowSampler(SamplingOptions options, long seed, int[] prompt, IntPredicate breaker) {
    this.options = options;
    this.seed = seed;
    this.promptLength = prompt.length;
    this.breaker = breaker;
    for (int id : prompt) {
      text.add(id);
    }
    options.mirostat().ifPresent(mirostat -> mu = 2 * mirostat.tau());
  }

  /** A draw: the token, T, and the probability of every token that was left, in ranking order. */
  record Outcome(int token, double temperature, List<Integer> ranking, Map<Integer, Double> p) {}

  /** The row as the samplers see it. */
  float[] edited(float[] logits, Set<Integer> forbidden) {
    float[] row = logits.clone();
    mask(row, forbidden);
    for (Map.Entry<Integer, Double> bias : options.constraints().bias().entrySet()) {
      double sum = row[bias.getKey()] + bias.getValue();
      row[bias.getKey()] = bias.getValue() < -1e300 ? GONE : rounded(row[bias.getKey()], sum);
    }
    penalise(row);
    options.dry().filter(dry -> dry.multiplier() > 0).ifPresent(dry -> dry(row, dry));
    return row;
  }

  private void mask(float[] row, Set<Integer> forbidden) {
    Set<Integer> allowed = options.constraints().allowed();
    for (int id = 0; id < row.length; id++) {
      boolean outside = !allowed.isEmpty() && !allowed.contains(id);
      if (outside || forbidden.contains(id) || completesBadWord(id)) {
        row[id] = GONE;
      }
    }
  }

  private boolean completesBadWord(int id) {
    List<Integer> next = new ArrayList<>(text);
    next.add(id);
    return options.constraints().badWords().stream()
        .anyMatch(
            word ->
                next.size() >= word.size()
                    && next.subList(next.size() - word.size(), next.size()).equals(word));
  }

  private void penalise(float[] row) {
    Penalties penalties = options.penalties();
    List<Integer> window = last(penalties.lastN());
    int fromPrompt = Math.max(0, promptLength - (text.size() - window.size()));
    List<Integer> made = window.subList(Math.min(fromPrompt, window.size()), window.size());
    for (int id = 0; id < row.length; id++) {
      if (window.contains(id)) {
        double logit = row[id];
        logit = logit > 0 ? logit / penalties.repetition() : logit * penalties.repetition();
        int times = Collections.frequency(made, id);
        logit -= times * penalties.frequency() + (times > 0 ? penalties.presence() : 0);
        row[id] = rounded(row[id], logit);
      }
    }
  }

  private void dry(float[] row, Dry dry) {
    List<Integer> window = last(dry.lastN());
    for (int id = 0; id < row.length; id++) {
      int length = repetition(window, id);
      if (length >= dry.allowedLength()) {
        double penalty =
            dry.multiplier() * StrictMath.pow(dry.base(), length - dry.allowedLength());
        row[id] = rounded(row[id], row[id] - penalty);
      }
    }
  }

  /** The largest length, up to 50, for which the last tokens and this one were there before. */
  private int repetition(List<Integer> window, int next) {
    if (breaker.test(next) || !window.contains(next)) {
      return 0;
    }
    for (int length = Math.min(50, window.size() - 1); length > 0; length--) {
      List<Integer> end = window.subList(window.size() - length, window.size());
      List<Integer> prolonged = new ArrayList<>(end);
      prolonged.add(next);
      if (end.stream().noneMatch(breaker::test)
          && Collections.indexOfSubList(window, prolonged) >= 0) {
        return length;
      }
    }
    return 0;
  }

  private List<Integer> last(int n) {
    return n == 0 ? text : text.subList(Math.max(0, text.size() - n), text.size());
  }

  private static float rounded(float before, double after) {
    if (before == GONE) {
      return GONE;
    }
    return (float) Math.min(Float.MAX_VALUE, Math.max(-Float.MAX_VALUE, after));
  }

  Outcome draw(float[] logits, int position, Set<Integer> forbidden) {
    float[] row = edited(logits, forbidden);
    Left left = new Left(row, options.order().contains(SamplerKind.TEMPERATURE));
    for (SamplerKind kind : options.order()) {
      left.apply(kind, position);
    }
    options.mirostat().ifPresent(mirostat -> left.mirostat());
    left.dropVanishing();
    int token = left.draw(CounterRandom.uniform(seed, Purpose.TOKEN, position, 0));
    Map<Integer, Double> p = left.probabilities();
    options
        .mirostat()
        .ifPresent(
            mirostat ->
                mu -= mirostat.eta() * (-Math.log(p.get(token)) / Math.log(2) - mirostat.tau()));
    text.add(token);
    return new Outcome(token, left.temperature, List.copyOf(left.ids), p);
  }

  /** The tokens left, ranked. */
  private final class Left {
    private final float[] row;
    private List<Integer> ids = new ArrayList<>();
    private double temperature = 1;
    private boolean tempered;

    Left(float[] row, boolean temperatureToCome) {
      this.row = row;
      this.tempered = !temperatureToCome || options.temperature().neutral();
      for (int id = 0; id < row.length; id++) {
        if (row[id] > GONE) {
          ids.add(id);
        }
      }
      rank(false);
    }

    private void rank(boolean lowestFirst) {
      Comparator<Integer> byLogit = Comparator.comparingDouble(id -> row[id] + 0.0);
      ids.sort(
          (lowestFirst ? byLogit : byLogit.reversed()).thenComparing(Comparator.naturalOrder()));
    }

    private double weight(int id) {
      double divisor = temperature == 0 ? 1 : temperature;
      return StrictMath.exp(((double) row[id] - row[ids.get(0)]) / divisor);
    }

    private double total() {
      return ids.stream().mapToDouble(this::weight).sum();
    }

    private Map<Integer, Double> probabilities() {
      double total = total();
      Map<Integer, Double> p = new HashMap<>();
      ids.forEach(id -> p.put(id, weight(id) / total));
      return p;
    }

    private double entropy() {
      return probabilities().values().stream()
          .mapToDouble(p -> p == 0 ? 0 : -p * Math.log(p))
          .sum();
    }

    private void dropVanishing() {
      if (tempered) {
        ids = new ArrayList<>(ids.stream().filter(id -> weight(id) > 0).toList());
      }
    }

    private void apply(SamplerKind kind, int position) {
      Truncation truncation = options.truncation();
      switch (kind) {
        case TOP_N_SIGMA -> topNSigma(truncation.topNSigma());
        case TEMPERATURE -> temper();
        case TOP_K -> first(truncation.topK() == 0 ? ids.size() : truncation.topK());
        case TYPICAL_P -> typical(truncation.typicalP());
        case TOP_P -> mass(truncation.topP());
        case MIN_P -> minP(truncation.minP());
        case XTC -> xtc(position);
      }
    }

    private void first(int count) {
      ids = new ArrayList<>(ids.subList(0, Math.min(count, ids.size())));
    }

    private void topNSigma(double n) {
      if (Double.isInfinite(n) || Double.isInfinite(temperature)) {
        return;
      }
      double mean = ids.stream().mapToDouble(id -> row[id]).average().orElseThrow();
      double variance =
          ids.stream()
              .mapToDouble(id -> (row[id] - mean) * (row[id] - mean))
              .average()
              .orElseThrow();
      double least = row[ids.get(0)] - n * Math.sqrt(variance);
      ids.removeIf(id -> row[id] < least);
    }

    private void temper() {
      int index = text.size() - promptLength;
      temperature = at(options.temperature().schedule(), options.temperature().value(), index);
      tempered = true;
      if (temperature == 0) {
        first(1);
      }
      rank(temperature < 0 && !Double.isInfinite(temperature));
    }

    private double at(TemperatureSchedule schedule, double base, int index) {
      if (schedule instanceof TemperatureSchedule.ByEntropy by) {
        if (ids.size() == 1) {
          return base;
        }
        double least = Math.max(0, base - by.range());
        double even = Math.min(1, entropy() / Math.log(ids.size()));
        return least + (base + by.range() - least) * Math.pow(even, by.exponent());
      }
      if (schedule instanceof TemperatureSchedule.Piecewise pieces) {
        return pieces.steps().stream()
            .filter(step -> step.from() <= index)
            .max(Comparator.comparingInt(TemperatureSchedule.Step::from))
            .map(TemperatureSchedule.Step::temperature)
            .orElse(base);
      }
      if (schedule instanceof TemperatureSchedule.Periodic periodic) {
        return (index + 1) % periodic.every() == 0 ? periodic.temperature() : base;
      }
      return base;
    }

    private void typical(double share) {
      if (share == 1) {
        return;
      }
      dropVanishing();
      Map<Integer, Double> p = probabilities();
      double entropy = entropy();
      Map<Integer, Integer> rank = new HashMap<>();
      ids.forEach(id -> rank.put(id, rank.size()));
      List<Integer> typical = new ArrayList<>(ids);
      // Rounding must not tell tokens of one probability apart.
      typical.sort(
          Comparator.<Integer>comparingDouble(
                  id -> Math.rint(Math.abs(-Math.log(p.get(id)) - entropy) * 1e9))
              .thenComparing(rank::get));
      double sum = 0;
      int count = 0;
      double target = share * total();
      List<Double> weights = typical.stream().map(this::weight).toList();
      while (count < typical.size() && sum < target) {
        sum += weights.get(count++);
      }
      Set<Integer> kept = Set.copyOf(typical.subList(0, count));
      ids.removeIf(id -> !kept.contains(id));
    }

    private void mass(double share) {
      if (share == 1) {
        return;
      }
      dropVanishing();
      double target = share * total();
      double sum = 0;
      int count = 0;
      while (count < ids.size() && sum < target) {
        sum += weight(ids.get(count++));
      }
      first(count);
    }

    private void minP(double share) {
      if (share == 0) {
        return;
      }
      dropVanishing();
      ids = new ArrayList<>(ids.stream().filter(id -> weight(id) >= share).toList());
    }

    private void xtc(int position) {
      if (options.truncation().xtc().isEmpty()) {
        return;
      }
      Truncation.Xtc xtc = options.truncation().xtc().get();
      boolean now = CounterRandom.uniform(seed, Purpose.XTC, position, 0) < xtc.probability();
      if (!now || xtc.threshold() > 0.5 || ids.size() == 1) {
        return;
      }
      dropVanishing();
      double total = total();
      int choices = 0;
      while (choices < ids.size() && weight(ids.get(choices)) / total >= xtc.threshold()) {
        choices++;
      }
      ids = new ArrayList<>(ids.subList(Math.max(0, choices - 1), ids.size()));
    }

    private void mirostat() {
      dropVanishing();
      Map<Integer, Double> p = probabilities();
      List<Integer> kept =
          ids.stream().filter(id -> -Math.log(p.get(id)) / Math.log(2) <= mu).toList();
      ids = new ArrayList<>(kept.isEmpty() ? ids.subList(0, 1) : kept);
    }

    private int draw(double u) {
      double target = u * total();
      double sum = 0;
      for (int id : ids) {
        sum += weight(id);
        if (sum > target) {
          return id;
        }
      }
      return ids.get(ids.size() - 1);
    }
  }
}
