package io.ennead.router.generate;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks for stop strings in text that arrives piece by piece, and lets through only what is certain
 * not to be part of one.
 *
 * <p>The text ends at the stop string that is complete first; of several that end at the same
 * character the longest counts. (Not the one that begins first: to know whether "abcd" follows "ab"
 * the model would have to go on after a stop string "bc" is already there.) So the result does not
 * depend on how the text was cut into pieces.
 *
 * <p>Each stop string has the automaton of Knuth, Morris and Pratt; its state is the length of the
 * longest prefix that the text ends with, and the largest state of all is what has to be held back.
 * Linear in the text. For one thread at a time.
 */
final class StopMatcher {
  private final List<String> stops;
  private final int[][] failures;
  private final int[] states;
  private final StringBuilder held = new StringBuilder();
  private @Nullable String found;

  /** A matcher for these strings, none of them empty; without any, all text passes. */
  StopMatcher(List<String> stops) {
    this.stops = List.copyOf(stops);
    this.failures = this.stops.stream().map(StopMatcher::failure).toArray(int[][]::new);
    this.states = new int[this.stops.size()];
  }

  /**
   * Takes the next piece.
   *
   * @return the text that became certain; what lies before the stop string once one is found, and
   *     nothing after that
   */
  String push(String delta) {
    if (found != null) {
      return "";
    }
    for (int i = 0; i < delta.length(); i++) {
      held.append(delta.charAt(i));
      String stop = advance(delta.charAt(i));
      if (stop != null) {
        found = stop;
        return release(stop.length(), true);
      }
    }
    return release(longestState(), false);
  }

  /** The end of the text: gives what was held back. */
  String flush() {
    return release(0, true);
  }

  /** The stop string that ended the text. */
  Optional<String> found() {
    return Optional.ofNullable(found);
  }

  /** Moves every automaton by a character; the longest stop string that is now complete. */
  private @Nullable String advance(char next) {
    String complete = "";
    for (int s = 0; s < states.length; s++) {
      String stop = stops.get(s);
      states[s] = step(stop, failures[s], states[s], next);
      if (states[s] == stop.length() && stop.length() > complete.length()) {
        complete = stop;
      }
    }
    return complete.isEmpty() ? null : complete;
  }

  private int longestState() {
    int longest = 0;
    for (int state : states) {
      longest = Math.max(longest, state);
    }
    return longest;
  }

  private String release(int keep, boolean forget) {
    int certain = held.length() - keep;
    String text = held.substring(0, certain);
    held.delete(0, forget ? held.length() : certain);
    return text;
  }

  private static int step(String stop, int[] failure, int state, char next) {
    int length = state;
    while (length > 0 && stop.charAt(length) != next) {
      length = failure[length - 1];
    }
    return stop.charAt(length) == next ? length + 1 : 0;
  }

  /** Length of the longest proper border of each prefix. */
  private static int[] failure(String stop) {
    int[] failure = new int[stop.length()];
    int border = 0;
    for (int i = 1; i < stop.length(); i++) {
      border = step(stop, failure, border, stop.charAt(i));
      failure[i] = border;
    }
    return failure;
  }
}
