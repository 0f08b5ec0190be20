package io.ennead.router.generate;

import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.trace.Decisions;
import io.ennead.router.trace.LayerSummary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a continuation ended.
 *
 * @param index which continuation, from 0
 * @param stop the stop string found; empty when the reason is another
 * @param promptTokens the beginning-of-sequence token included
 * @param cachedPromptTokens those of them that came from the prefix cache
 * @param generatedTokens an end-of-sequence token included
 * @param seed that was used
 * @param routingSeed that sampled routing used
 * @param routing sums of how the tokens were routed, one per layer, when asked for
 * @param queued from arrival to a place in the batch
 * @param firstToken from arrival to the first token
 * @param total from arrival to the end
 * @param degraded tokens, of the prompt too, that were computed without some of their experts
 * @param profile that routing used
 * @param decisions the experts that were drawn, when they are to be learned from
 */
public record FinishInfo(
    int index,
    Reason reason,
    String stop,
    int promptTokens,
    int cachedPromptTokens,
    int generatedTokens,
    long seed,
    long routingSeed,
    List<LayerSummary> routing,
    Duration queued,
    Duration firstToken,
    Duration total,
    Degraded degraded,
    RoutingProfile profile,
    Optional<Decisions> decisions) {
  /** Copies the list. */
  public FinishInfo {
    routing = List.copyOf(routing);
  }

  /** An end without a routing profile. */
  public FinishInfo(
      int index,
      Reason reason,
      String stop,
      int promptTokens,
      int cachedPromptTokens,
      int generatedTokens,
      long seed,
      long routingSeed,
      List<LayerSummary> routing,
      Duration queued,
      Duration firstToken,
      Duration total,
      Degraded degraded) {
    this(
        index,
        reason,
        stop,
        promptTokens,
        cachedPromptTokens,
        generatedTokens,
        seed,
        routingSeed,
        routing,
        queued,
        firstToken,
        total,
        degraded,
        RoutingProfile.NONE,
        Optional.empty());
  }

  /** Why. */
  public enum Reason {
    /** The model gave its end-of-sequence token. */
    EOS,
    /** A stop string was found. */
    STOP,
    /** The limit of tokens or the end of the context was reached. */
    LENGTH
  }
}
