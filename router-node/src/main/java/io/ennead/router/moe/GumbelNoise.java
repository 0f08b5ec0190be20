package io.ennead.router.moe;

import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;

/** The Gumbel numbers of one row at one layer. */
record GumbelNoise(long seed, int position, int layer) {

  double of(int expert) {
    return CounterRandom.gumbel(seed, Purpose.ROUTING, position, layer, expert);
  }
}
