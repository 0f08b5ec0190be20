package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.FailurePolicy.Drop;
import io.ennead.router.moe.FailurePolicy.Mode;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What requests may ask for, and get, when experts cannot be reached.
 *
 * @param byDefault of requests that do not say
 * @param patience how long tokens are tried again before a request fails
 * @param longestWait the same for requests that wait, if their deadline does not come first
 * @param maxDegradedShare largest share of tokens without all experts; 0: never without
 */
public record FailureRules(
    Mode byDefault, Duration patience, Duration longestWait, double maxDegradedShare) {
  /** Requests fail at once. */
  public static final FailureRules STRICT =
      new FailureRules(Mode.FAIL, Duration.ZERO, Duration.ZERO, 0);

  /** Checks ranges and what contradicts itself. */
  public FailureRules {
    if (!(maxDegradedShare >= 0 && maxDegradedShare <= 1)) {
      throw new IllegalArgumentException(
          "max-degraded-share: %s (expected: 0 to 1)".formatted(maxDegradedShare));
    }
    if (byDefault == Mode.DROP && maxDegradedShare == 0) {
      throw new IllegalArgumentException(
          "expert-failure: drop (expected: fail or wait, as max-degraded-share is 0)");
    }
  }

  /**
   * The policy of a request.
   *
   * @param maxShare what it asks for; else the most that there is
   * @throws ServingException INVALID_FIELD when it asks for more than is allowed
   */
  public FailurePolicy policy(Mode mode, int minExperts, OptionalDouble maxShare) {
    return switch (mode) {
      case FAIL -> new FailurePolicy(patience, Optional.empty());
      case WAIT -> new FailurePolicy(longestWait, Optional.empty());
      case DROP -> new FailurePolicy(patience, Optional.of(new Drop(minExperts, share(maxShare))));
    };
  }

  private double share(OptionalDouble wanted) {
    double share = wanted.orElse(maxDegradedShare);
    if (maxDegradedShare == 0) {
      throw ServingException.invalidField(
          "routing.expert_failure.mode", "DROP", "FAIL or WAIT: this router drops no experts");
    }
    if (!(share > 0 && share <= maxDegradedShare)) {
      throw ServingException.invalidField(
          "routing.expert_failure.max_degraded_share",
          share,
          "more than 0, at most " + maxDegradedShare);
    }
    return share;
  }
}
