package io.ennead.learn.model;

/**
 * A teacher's distributions at the places of one sequence.
 *
 * @param ids [rows, width] the most likely tokens; empty when rows are whole; not to be modified
 * @param probabilities [rows, width]; width is the vocabulary when rows are whole; not to be
 *     modified
 * @param remaining [rows] probability of all other tokens together; empty when rows are whole; not
 *     to be modified
 */
public record LabelRows(int[] ids, float[] probabilities, float[] remaining) {

  /** Whether every token has its probability. */
  public boolean whole() {
    return ids.length == 0;
  }
}
