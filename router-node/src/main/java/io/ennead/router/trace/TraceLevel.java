package io.ennead.router.trace;

/** How much of the routing a response carries; later constants carry more. */
public enum TraceLevel {
  /** Nothing. */
  NONE,
  /** Sums per layer. */
  SUMMARY,
  /** The sums, and everything per token and layer. */
  FULL
}
