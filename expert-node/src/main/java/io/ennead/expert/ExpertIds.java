package io.ennead.expert;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Expert ids as people write them: {@code all}, or ids and ranges such as {@code 0-3,7}. */
final class ExpertIds {
  private static final String ALL = "all";
  private static final Pattern SYNTAX =
      Pattern.compile("\\d{1,9}(-\\d{1,9})?(,\\d{1,9}(-\\d{1,9})?)*");

  private ExpertIds() {}

  /** Refuses what no model could mean. */
  static void requireSyntax(String text) {
    if (!text.equals(ALL) && !SYNTAX.matcher(text).matches()) {
      throw refuse(text, "all, or ids and ranges such as 0-3,7");
    }
  }

  /**
   * The ids, ascending, each once.
   *
   * @param experts number of experts of a layer
   */
  static List<Integer> parse(String text, int experts) {
    requireSyntax(text);
    if (text.equals(ALL)) {
      return IntStream.range(0, experts).boxed().toList();
    }
    var ids = new TreeSet<Integer>();
    for (String part : text.split(",", -1)) {
      String[] ends = part.split("-", -1);
      int first = Integer.parseInt(ends[0]);
      int last = Integer.parseInt(ends[ends.length - 1]);
      if (first > last || last >= experts) {
        throw refuse(part, "ascending ids from 0 to " + (experts - 1));
      }
      IntStream.rangeClosed(first, last).forEach(ids::add);
    }
    return List.copyOf(ids);
  }

  private static IllegalArgumentException refuse(String value, String expected) {
    return new IllegalArgumentException("experts: %s (expected: %s)".formatted(value, expected));
  }
}
