package io.ennead.router.feedback;

import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.trace.Decisions;
import java.util.Optional;

/**
 * What is remembered of a continuation until somebody rates it.
 *
 * @param tenant who asked for it; only they may rate it
 * @param choices empty when no experts were drawn
 */
record RecentResponse(
    ResponseKey key,
    String tenant,
    String modelFingerprint,
    RoutingProfile profile,
    int generatedTokens,
    Optional<Decisions> choices) {
  private static final long OVERHEAD = 512;

  /** Bytes in memory, about. */
  long bytes() {
    return OVERHEAD + choices.map(Decisions::bytes).orElse(0L);
  }

  RatedResponse rated(Rating rating, long nowMillis) {
    return new RatedResponse(
        key,
        nowMillis,
        tenant,
        modelFingerprint,
        profile.id(),
        generatedTokens,
        rating,
        choices.map(decisions -> LoggedChoices.of(decisions, profile)));
  }
}
