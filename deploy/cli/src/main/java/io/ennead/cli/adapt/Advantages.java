package io.ennead.cli.adapt;

import io.ennead.router.feedback.RatedResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns ratings into advantages. The baseline of a continuation is the mean rating of the others:
 * of the same prompt where several were made together and rated, else of the same profile (leave
 * one out: it does not depend on what it is taken from, so it does not bias the gradient). Where
 * each token has a rating, a choice is worth the discounted mean of those of the tokens after it.
 */
final class Advantages {
  private static final double LEAST_DEVIATION = 1e-6;

  private final double discount;
  private final Map<String, Sum> byResponse = new HashMap<>();
  private final Map<String, Sum> byProfile = new HashMap<>();

  /** A running sum. */
  private static final class Sum {
    private double total;
    private int count;

    void add(double rating) {
      total += rating;
      count++;
    }

    double without(double rating) {
      return count < 2 ? rating : (total - rating) / (count - 1);
    }
  }

  private Advantages(double discount) {
    this.discount = discount;
  }

  /**
   * The examples among rated responses: those with drawn choices.
   *
   * @param discount of a token's rating for each token between it and a choice, above 0 to 1
   */
  static List<Example> of(List<RatedResponse> rows, double discount) {
    Advantages advantages = new Advantages(discount);
    List<RatedResponse> drawn = rows.stream().filter(row -> row.choices().isPresent()).toList();
    drawn.forEach(advantages::count);
    List<double[]> all = drawn.stream().map(advantages::advantages).toList();
    double deviation = deviation(all);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      double[] own = Arrays.stream(all.get(i)).map(one -> one / deviation).toArray();
      examples.add(new Example(drawn.get(i).choices().orElseThrow(), own));
    }
    return examples;
  }

  private void count(RatedResponse row) {
    double rating = row.rating().overall();
    byResponse.computeIfAbsent(row.key().responseId(), none -> new Sum()).add(rating);
    byProfile.computeIfAbsent(row.profile(), none -> new Sum()).add(rating);
  }

  private static double deviation(List<double[]> advantages) {
    double squares = advantages.stream().flatMapToDouble(Arrays::stream).map(a -> a * a).sum();
    long count = advantages.stream().flatMapToDouble(Arrays::stream).count();
    return Math.max(LEAST_DEVIATION, Math.sqrt(squares / Math.max(1, count)));
  }

  private double[] advantages(RatedResponse row) {
    double rating = row.rating().overall();
    Sum same = byResponse.getOrDefault(row.key().responseId(), new Sum());
    Sum others = byProfile.getOrDefault(row.profile(), new Sum());
    double baseline = same.count > 1 ? same.without(rating) : others.without(rating);
    int stride = row.choices().orElseThrow().decisions().stride();
    double[] advantages = new double[row.choices().orElseThrow().decisions().tokens()];
    for (int i = 0; i < advantages.length; i++) {
      advantages[i] = worth(row, i * stride) - baseline;
    }
    return advantages;
  }

  /** What came after the choices of a generated token: the next token's rating counts most. */
  private double worth(RatedResponse row, int token) {
    List<Double> ratings = row.rating().tokens();
    double sum = 0;
    double weights = 0;
    double weight = 1;
    for (int after = token + 1; after < ratings.size(); after++) {
      sum += weight * ratings.get(after);
      weights += weight;
      weight *= discount;
    }
    return weights == 0 ? row.rating().overall() : sum / weights;
  }
}
