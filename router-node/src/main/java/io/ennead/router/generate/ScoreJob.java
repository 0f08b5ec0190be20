package io.ennead.router.generate;

import io.ennead.router.moe.RoutingOptions;

/**
 * Tokens to score, checked against the model.
 *
 * @param tokens at least one; not to be modified
 * @param deadlineNanos {@link System#nanoTime()} at which the caller gives up; {@link
 *     Long#MAX_VALUE} for never
 */
public record ScoreJob(int[] tokens, RoutingOptions routing, long deadlineNanos) {}
