package io.ennead.router.generate;

import io.ennead.router.sample.Draw;

/**
 * How one token was drawn.
 *
 * @param temperature used, by the schedule if there is one
 * @param candidates tokens that were left to draw from
 * @param entropy of what was left, in nats
 */
public record DrawTrace(double temperature, int candidates, double entropy) {

  static DrawTrace of(Draw draw) {
    return new DrawTrace(draw.temperature(), draw.candidates(), draw.entropy());
  }
}
