package io.ennead.expert.architecture;

/**
 * RMSNorm, {@code x / sqrt(mean(x^2) + epsilon) * w} in float32 (Zhang and Sennrich 2019).
 *
 * @param weight w
 * @param epsilon added to the mean square
 */
public record Norm(Weight weight, double epsilon) {}
