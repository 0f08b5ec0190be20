package io.ennead.cli.adapt;

import io.ennead.router.feedback.FeedbackStore;
import io.ennead.router.feedback.RatedResponse;
import io.ennead.router.profile.ProfileFile;
import io.ennead.router.profile.ProfileId;
import io.ennead.router.trace.Decisions;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** From a database of ratings to profiles, and to what they are worth. Used by one thread. */
public final class Learner implements AutoCloseable {
  private final FeedbackStore store;
  private final Ratings ratings;

  private Learner(FeedbackStore store, Ratings ratings) {
    this.store = store;
    this.ratings = ratings;
  }

  /**
   * A learner.
   *
   * @param location a file of SQLite or a JDBC URL of PostgreSQL
   * @param label only ratings with it; empty: all
   * @param heldOut share of the responses that is kept for evaluation, 0 to 1
   */
  public static Learner open(String location, String label, double heldOut) throws SQLException {
    return new Learner(FeedbackStore.open(location), new Ratings(label, heldOut));
  }

  /** How far a profile may go. */
  public record Limits(
      double mostDivergence, double mostBias, double damping, double clip, double discount) {}

  /**
   * Learns a profile.
   *
   * @throws IllegalArgumentException when there is nothing to learn from, or ratings of different
   *     models are mixed
   */
  public ProfileFile learn(ProfileId id, Limits limits) throws SQLException {
    List<RatedResponse> rows = ratings.training(store);
    List<Example> examples = Advantages.of(rows, limits.discount());
    requireAlike(rows, examples);
    Adaptation.Result result =
        new Adaptation(limits.mostDivergence(), limits.mostBias(), limits.damping(), limits.clip())
            .learn(examples);
    Decisions like = examples.get(0).choices().decisions();
    String note =
        String.format(
            Locale.ROOT,
            "learned from %d ratings (%d without drawn experts left out): signal %.3f, divergence"
                + " %.4f nats per choice",
            examples.size(),
            rows.size() - examples.size(),
            result.signal(),
            result.divergence());
    return new ProfileFile(
        id, rows.get(0).modelFingerprint(), like.experts(), result.parameters().profile(), note);
  }

  private static void requireAlike(List<RatedResponse> rows, List<Example> examples) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException(
          "ratings: %d, none of a response with drawn experts (expected: some; routing mode sampled)"
              .formatted(rows.size()));
    }
    List<String> models = rows.stream().map(RatedResponse::modelFingerprint).distinct().toList();
    long shapes =
        examples.stream()
            .map(example -> example.choices().decisions())
            .map(one -> List.of(one.layers(), one.experts(), one.expertsPerToken()))
            .distinct()
            .count();
    if (models.size() > 1 || shapes > 1) {
      throw new IllegalArgumentException(
          ("ratings of models %s with %d ways of drawing (expected: one of each; tell them apart by"
                  + " label)")
              .formatted(models, shapes));
    }
  }

  /** Mean rating of a profile's held-out responses, with its 95 % interval. */
  public record Worth(int ratings, double mean, double low, double high) {}

  /** What each profile is worth, by its id. */
  public Map<String, Worth> evaluate() throws SQLException {
    Map<String, Worth> worth = new TreeMap<>();
    ratings
        .evaluation(store)
        .forEach(
            (profile, groups) -> {
              Interval interval = Interval.of(groups);
              int count = groups.stream().mapToInt(List::size).sum();
              worth.put(
                  profile, new Worth(count, interval.mean(), interval.low(), interval.high()));
            });
    return worth;
  }

  @Override
  public void close() throws SQLException {
    store.close();
  }
}
