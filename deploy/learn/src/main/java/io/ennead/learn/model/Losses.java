package io.ennead.learn.model;

/**
 * Means over the rows of a batch, in nats.
 *
 * @param total the objective
 * @param crossEntropy of the text's own tokens at temperature 1
 * @param divergence KL(teacher_T || student_T), without its factors; NaN without labels
 */
public record Losses(double total, double crossEntropy, double divergence) {}
