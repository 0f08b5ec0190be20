package io.ennead.learn.labels;

/**
 * Which labels: what a cache's file is of.
 *
 * @param fingerprint of the teacher
 * @param temperature at which its distributions are taken
 * @param top how many of the most likely tokens; 0: whole rows, in float16
 */
public record LabelForm(String fingerprint, double temperature, int top) {}
