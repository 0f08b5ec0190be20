package io.ennead.learn.model;

/**
 * Means over the rows of a batch, in nats.
 *
 * @param total the objective
 * @param crossEntropy of the text's own tokens at temperature 1; of a pack, where it is wanted
 * @param divergence KL(teacher_T || student_T), without its factors; of a pack, KL(without || with)
 *     of the text that is to stay as it is; NaN without either
 */
public record Losses(double total, double crossEntropy, double divergence) {}
