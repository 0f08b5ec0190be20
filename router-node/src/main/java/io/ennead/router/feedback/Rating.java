package io.ennead.router.feedback;

import io.ennead.errors.ServingException;
import java.util.List;

/**
 * What a user thought of a continuation.
 *
 * @param overall -1 to 1; of ratings per token their mean
 * @param tokens one per generated token, -1 to 1; empty: only overall
 * @param label the user's own word for it, at most 200 characters; may be empty
 */
public record Rating(double overall, List<Double> tokens, String label) {
  private static final int MAX_LABEL = 200;

  /** Refuses what is out of range, naming the field of the request. */
  public Rating {
    tokens = List.copyOf(tokens);
    requireWithin("rating", overall);
    for (int i = 0; i < tokens.size(); i++) {
      requireWithin("token_ratings[%d]".formatted(i), tokens.get(i));
    }
    if (label.length() > MAX_LABEL) {
      throw ServingException.invalidField(
          "label", label.length() + " characters", "at most " + MAX_LABEL);
    }
  }

  private static void requireWithin(String field, double rating) {
    if (!(rating >= -1 && rating <= 1)) {
      throw ServingException.invalidField(field, rating, "-1 to 1");
    }
  }
}
