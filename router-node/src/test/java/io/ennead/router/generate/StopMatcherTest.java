package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopMatcherTest {

  @Test
  void equalsAWholeTextSearchHoweverTheTextIsCut() {
    for (long seed = 1; seed <= 20_000; seed++) {
      Random random = new Random(seed);
      String text = random(random, random.nextInt(40));
      List<String> stops = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        stops.add(random(random, 1 + random.nextInt(6)));
      }
      assertEqualsOracle(text, stops, random, "seed %d %s %s".formatted(seed, text, stops));
    }
  }

  private static void assertEqualsOracle(
      String text, List<String> stops, Random random, String where) {
    Found expected = search(text, stops);
    StopMatcher matcher = new StopMatcher(stops);
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length(); ) {
      int end = Math.min(text.length(), at + random.nextInt(5));
      out.append(matcher.push(text.substring(at, end)));
      assertThat(expected.text()).as(where).startsWith(out);
      if (matcher.found().isEmpty()) {
        assertThat(out.length()).as(where).isEqualTo(certain(text.substring(0, end), stops));
      }
      at = end;
    }
    out.append(matcher.flush());
    assertThat(out).as(where).hasToString(expected.text());
    assertThat(matcher.found().orElse("")).as(where).isEqualTo(expected.stop());
  }

  @Test
  void holdsBackOnlyWhatMayBeginAStopString() {
    StopMatcher matcher = new StopMatcher(List.of("\n\n", "END"));
    assertThat(matcher.push("one\n")).isEqualTo("one");
    assertThat(matcher.push("two E")).isEqualTo("\ntwo ");
    assertThat(matcher.push("N")).isEmpty();
    assertThat(matcher.push("D of it")).isEmpty();
    assertThat(matcher.found()).contains("END");
    assertThat(matcher.push("more")).isEmpty();
    assertThat(matcher.flush()).isEmpty();
  }

  @Test
  void theFirstToBeCompleteWinsAndOfThoseTheLongest() {
    StopMatcher overlapping = new StopMatcher(List.of("abcd", "bc"));
    assertThat(overlapping.push("xabcd")).isEqualTo("xa");
    assertThat(overlapping.found()).contains("bc");
    StopMatcher nested = new StopMatcher(List.of("c", "abc", "bc"));
    assertThat(nested.push("xabc")).isEqualTo("x");
    assertThat(nested.found()).contains("abc");
  }

  @Test
  void anUnfinishedStopStringIsTextAfterAll() {
    StopMatcher matcher = new StopMatcher(List.of("aab"));
    assertThat(matcher.push("aaa")).isEqualTo("a");
    assertThat(matcher.flush()).isEqualTo("aa");
    assertThat(matcher.found()).isEmpty();
  }

  private record Found(String text, String stop) {}

  private static Found search(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String longest = "";
      for (String stop : stops) {
        if (text.substring(0, end).endsWith(stop) && stop.length() > longest.length()) {
          longest = stop;
        }
      }
      if (!longest.isEmpty()) {
        return new Found(text.substring(0, end - longest.length()), longest);
      }
    }
    return new Found(text, "");
  }

  /** Length of the text without its longest suffix that begins a stop string. */
  private static int certain(String text, List<String> stops) {
    for (int at = 0; at < text.length(); at++) {
      String suffix = text.substring(at);
      if (stops.stream().anyMatch(stop -> stop.startsWith(suffix))) {
        return at;
      }
    }
    return text.length();
  }

  private static String random(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(2)));
    }
    return text.toString();
  }
}
