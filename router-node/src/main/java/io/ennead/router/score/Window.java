package io.ennead.router.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A part of a text that goes through the model by itself, its positions from 0. It holds tokens of
 * the text and no others: a beginning-of-sequence token is in the first window only.
 *
 * @param begin index of its first token
 * @param from index of the first token that it scores; those before it are context
 * @param end index after its last token
 */
record Window(int begin, int from, int end) {

  /**
   * The windows of a text in order: the first scores all that counts in it, each next one begins
   * {@code stride} later and scores what those before it have not. Windows with nothing to score
   * are left out, but there is always one.
   */
  static List<Window> of(TextJob job) {
    return job.labels().isPresent() ? prefixes(job, job.labels().get().places()) : overlapping(job);
  }

  /** All begin with the text. */
  private static List<Window> prefixes(TextJob job, int places) {
    List<Window> windows = new ArrayList<>();
    int length = job.tokens().length;
    for (int from = job.from(); windows.isEmpty() || from < length; from += places) {
      windows.add(new Window(0, from, Math.min(length, from + places)));
    }
    return windows;
  }

  private static List<Window> overlapping(TextJob job) {
    List<Window> windows = new ArrayList<>();
    int length = job.tokens().length;
    int from = job.from();
    for (int begin = 0; windows.isEmpty() || from < length; begin += job.stride()) {
      int end = Math.min(length, begin + job.window());
      if (end > from || end == length) {
        windows.add(new Window(begin, from, end));
        from = end;
      }
    }
    return windows;
  }

  int[] tokens(int[] text) {
    return Arrays.copyOfRange(text, begin, end);
  }
}
