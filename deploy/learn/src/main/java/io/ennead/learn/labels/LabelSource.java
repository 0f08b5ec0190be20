package io.ennead.learn.labels;

import io.ennead.learn.model.LabelRows;
import java.io.IOException;

/** Gives labels. Safe for use by several threads. */
@FunctionalInterface
public interface LabelSource {
  /** The labels of a sequence [length + 1]: one row for each token but the first. */
  LabelRows label(int index, int[] sequence) throws IOException, InterruptedException;
}
