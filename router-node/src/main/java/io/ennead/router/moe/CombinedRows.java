package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import java.util.Map;
import java.util.Set;

/**
 * What {@link ExpertLayer} gives back.
 *
 * @param values [rows, width]; a row that failed holds the sum over those of its experts that gave
 *     something, and is not to be used as it is
 * @param failures the rows whose experts could not all be reached, with the reason; empty when all
 *     went well. A row that failed says nothing about its neighbours: they are right.
 * @param missing the experts that a row which failed lacks, as far as they are known
 */
public record CombinedRows(
    float[] values, Map<Integer, ServingException> failures, Map<Integer, Set<Integer>> missing) {
  /** Copies the maps, not the rows. */
  public CombinedRows {
    failures = Map.copyOf(failures);
    missing = Map.copyOf(missing);
  }

  /** Rows whose missing experts are not known. */
  public CombinedRows(float[] values, Map<Integer, ServingException> failures) {
    this(values, failures, Map.of());
  }
}
