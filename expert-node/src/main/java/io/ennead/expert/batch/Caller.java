package io.ennead.expert.batch;

/**
 * Who calls, and until when.
 *
 * @param name the same for all calls of one router: those of several take turns
 * @param deadlineNanos on the clock of {@link System#nanoTime}; {@link Long#MAX_VALUE}: none
 */
public record Caller(String name, long deadlineNanos) {
  /** Nobody in particular, who has time. */
  public static final Caller ANYBODY = new Caller("", Long.MAX_VALUE);
}
