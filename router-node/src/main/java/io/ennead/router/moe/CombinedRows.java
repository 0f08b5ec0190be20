package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import java.util.Map;

/**
 * What {@link ExpertLayer} gives back.
 *
 * @param values [rows, width]; rows that failed hold zeros and must not be used
 * @param failures the rows whose experts could not all be reached, with the reason; empty when all
 *     went well. A row that failed says nothing about its neighbours: they are right.
 */
public record CombinedRows(float[] values, Map<Integer, ServingException> failures) {
  /** Copies the map, not the rows. */
  public CombinedRows {
    failures = Map.copyOf(failures);
  }
}
