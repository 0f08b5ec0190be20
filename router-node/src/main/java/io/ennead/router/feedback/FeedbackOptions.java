package io.ennead.router.feedback;

import java.time.Duration;

/**
 * Where ratings go and how long what is kept.
 *
 * @param location a file of SQLite or a JDBC URL of PostgreSQL
 * @param memoryBytes of recent responses that nobody has rated yet
 * @param window after a response in which it may be rated
 * @param retention after a rating in which it stays in the database
 * @param maxRows in the database
 * @param queue ratings that wait to be written; more are refused
 */
public record FeedbackOptions(
    String location,
    long memoryBytes,
    Duration window,
    Duration retention,
    long maxRows,
    int queue) {
  /** Of the choices of one continuation; a longer one keeps every second token. */
  public static final int CHOICE_BYTES = 1 << 16;
}
