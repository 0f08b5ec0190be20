package io.ennead.learn.train;

import io.ennead.learn.model.Losses;
import java.util.Locale;

/**
 * One step.
 *
 * @param step from 1
 * @param rate learning rate
 * @param gradientNorm before clipping
 * @param seconds of the step, with the time that it waited
 * @param waited seconds for the batch's labels
 * @param tokens that went in
 */
public record StepReport(
    int step,
    double rate,
    Losses losses,
    double gradientNorm,
    double seconds,
    double waited,
    int tokens) {
  static final String HEADER =
      "step,learning_rate,loss,cross_entropy,divergence,gradient_norm,seconds,waited_seconds,tokens";

  String csv() {
    return String.format(
        Locale.ROOT,
        "%d,%.6g,%.6f,%.6f,%.6f,%.6g,%.4f,%.4f,%d",
        step,
        rate,
        losses.total(),
        losses.crossEntropy(),
        losses.divergence(),
        gradientNorm,
        seconds,
        waited,
        tokens);
  }
}
