package io.ennead.cli.adapt;

import io.ennead.router.feedback.LoggedChoices;

/**
 * A rated continuation and what it was worth.
 *
 * @param choices its drawn experts
 * @param advantages rating less baseline, over the root of their mean square, of each token kept in
 *     {@code choices}
 */
record Example(LoggedChoices choices, double[] advantages) {
  /** Choices of one token stand for so many. */
  int stride() {
    return choices.decisions().stride();
  }
}
