package io.ennead.cli.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RouteTokensTest {

  @Test
  void aTokensTextIsWhatItAdds() {
    assertThat(texts(bytes("a b"))).containsExactly("a", " ", "b");
  }

  @Test
  void aCharacterOfSeveralTokensStandsAtTheLastOne() {
    List<Token> tokens = TokenTexts.of(bytes("x€y"), RouteTokensTest::decode);
    assertThat(tokens.stream().map(Token::text)).containsExactly("x", "", "", "€", "y");
    assertThat(tokens.stream().map(Token::part)).containsExactly(false, true, true, false, false);
    assertThat(tokens.stream().map(Visible::of)).containsExactly("x", "▸", "▸", "€", "y");
  }

  @Test
  void aTokenMayEndInTheBeginningOfACharacter() {
    List<List<Integer>> pieces = List.of(List.of(0x0a, 0xc3), List.of(0x9c)); // "\nÜ"
    List<Token> tokens =
        TokenTexts.of(
            List.of(0, 1),
            ids -> decode(ids.stream().flatMap(id -> pieces.get(id).stream()).toList()));
    assertThat(tokens.stream().map(Visible::of)).containsExactly("⏎▸", "Ü");
  }

  @Test
  void bytesThatNeverBecomeACharacterStayWhatTheTokenizerMakesOfThem() {
    assertThat(texts(List.of(0x61, 0xff, 0xff, 0x62)))
        .containsExactly("a", "\ufffd", "\ufffd", "b");
  }

  @Test
  void aSpaceThatTheTokenizerDropsAtTheBeginIsKeptInTheMiddle() {
    List<String> words = List.of("▁one", "▁two", "three");
    List<Token> tokens =
        TokenTexts.of(
            List.of(0, 1, 2),
            ids ->
                ids.stream()
                    .map(words::get)
                    .collect(Collectors.joining())
                    .replace('▁', ' ')
                    .strip());
    assertThat(tokens.stream().map(Token::text)).containsExactly("one", " two", "three");
  }

  @Test
  void textsTogetherAreTheText() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String text =
        IntStream.range(0, 60)
            .mapToObj(i -> List.of("a", "é", "€", "😀", " ", "\n", "한").get(random.nextInt(7)))
            .collect(Collectors.joining());
    assertThat(String.join("", texts(bytes(text)))).as("seed %d", seed).isEqualTo(text);
  }

  @Test
  void whatWouldNotBeSeenIsShownAsASign() {
    assertThat(Visible.of("a\n\t\u001b[31m\u007f\u0085\u202e\ufffe\u2028"))
        .isEqualTo("a⏎⇥␛[31m␡\\u0085\\u202e\\ufffe\\u2028");
    assertThat(Visible.of("👩‍🔬 é \ufffd")).isEqualTo("👩‍🔬 é \ufffd");
    assertThat(Visible.of(new Token(1, "", false))).isEqualTo("∅");
  }

  @Test
  void longTextsAreCutBetweenCharacters() {
    assertThat(Visible.cut("abcdef", 6)).isEqualTo("abcdef");
    assertThat(Visible.cut("abcdefg", 6)).isEqualTo("abcde…");
    assertThat(Visible.cut("😀😀😀😀", 6)).isEqualTo("😀😀…");
  }

  private static List<String> texts(List<Integer> ids) {
    return TokenTexts.of(ids, RouteTokensTest::decode).stream().map(Token::text).toList();
  }

  /** One token for each byte. */
  private static List<Integer> bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, bytes.length).mapToObj(i -> bytes[i] & 0xff).toList();
  }

  private static String decode(List<Integer> ids) {
    byte[] bytes = new byte[ids.size()];
    IntStream.range(0, bytes.length).forEach(i -> bytes[i] = ids.get(i).byteValue());
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
