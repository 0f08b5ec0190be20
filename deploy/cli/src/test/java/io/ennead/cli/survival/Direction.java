package io.ennead.cli.survival;

/** Of bytes through a {@link FaultProxy}. */
enum Direction {
  /** From the client to the server. */
  UPSTREAM,
  /** From the server to the client. */
  DOWNSTREAM
}
