package io.ennead.expert;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Expert ids as people write them: {@code all}, ids and ranges such as {@code 0-3,7}, or a share
 * such as {@code 2/8}: the third of eight equal parts. Node 10 of {@code 10/8} holds the third as
 * well, so more nodes than parts are replicas. The node may be written as a name that ends in its
 * number, {@code expert-2/8}: a pod of a StatefulSet knows itself so.
 */
final class ExpertIds {
  private static final String ALL = "all";
  private static final Pattern SYNTAX =
      Pattern.compile("\\d{1,9}(-\\d{1,9})?(,\\d{1,9}(-\\d{1,9})?)*");
  private static final Pattern SHARE =
      Pattern.compile("(?:[a-z0-9.-]{1,253}-)?(?<node>\\d{1,9})/(?<parts>[1-9]\\d{0,8})");

  private ExpertIds() {}

  /** Refuses what no model could mean. */
  static void requireSyntax(String text) {
    if (!text.equals(ALL) && !SYNTAX.matcher(text).matches() && !SHARE.matcher(text).matches()) {
      throw refuse(text, "all, ids and ranges such as 0-3,7, or a share such as 2/8");
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
    Matcher share = SHARE.matcher(text);
    return share.matches() ? part(share, experts) : listed(text, experts);
  }

  /** Part i of n begins at expert i * experts / n, so that parts differ by one expert at most. */
  private static List<Integer> part(Matcher share, int experts) {
    long parts = Long.parseLong(share.group("parts"));
    long part = Long.parseLong(share.group("node")) % parts;
    if (parts > experts) {
      throw refuse(share.group(), "at most " + experts + " parts, one for each expert");
    }
    int first = (int) (part * experts / parts);
    int end = (int) ((part + 1) * experts / parts);
    return IntStream.range(first, end).boxed().toList();
  }

  private static List<Integer> listed(String text, int experts) {
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
