package io.ennead.router.balance;

import java.util.List;

/**
 * What is to be moved, and what for.
 *
 * @param imbalance mean over the layers of the busiest node's load over the mean load; 1 is even
 * @param planned the same when everything has moved and loads stay as they were
 * @param rows how many it is made from
 */
public record Plan(List<Move> moves, double imbalance, double planned, long rows) {
  /** Copies. */
  public Plan {
    moves = List.copyOf(moves);
  }
}
