package io.ennead.router.generate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  private static final int EOS = 256;

  @Test
  void streamsBytesAsCompleteCharactersWhateverSpecialTokensLieBetween() {
    TextStream stream = new TextStream(new ByteCodec(), List.of());
    StringBuilder text = new StringBuilder();
    for (byte b : "wünschte 🎉 ≈".getBytes(UTF_8)) {
      text.append(stream.push(b & 0xFF));
      text.append(stream.push(EOS));
      assertThat(text.toString()).doesNotContain("\uFFFD");
    }
    assertThat(text).hasToString("wünschte 🎉 ≈");
    assertThat(stream.finish()).isEmpty();
    assertThat(stream.stop()).isEmpty();
  }

  @Test
  void aStopStringAcrossTokenAndCharacterBoundariesIsCut() {
    TextStream stream = new TextStream(new ByteCodec(), List.of("🎉é"));
    StringBuilder text = new StringBuilder();
    for (byte b : "ab🎉éz".getBytes(UTF_8)) {
      text.append(stream.push(b & 0xFF));
    }
    assertThat(text.append(stream.finish())).hasToString("ab");
    assertThat(stream.stop()).contains("🎉é");
  }

  @Test
  void aReplacementCharacterAtTheEndMayCompleteAStopString() {
    TextStream stream = new TextStream(new ByteCodec(), List.of("!\uFFFD"));
    assertThat(stream.push('a') + stream.push('!') + stream.push(0xE2)).isEqualTo("a");
    assertThat(stream.finish()).isEmpty();
    assertThat(stream.stop()).contains("!\uFFFD");
  }

  @Test
  void theTextOfTheFirstTokensIsExemptAndNoStopStringBeginsInIt() {
    TextStream stream = new TextStream(new ByteCodec(), List.of("ab"), 3);
    assertThat(stream.push('a') + stream.push('b') + stream.push('a')).isEqualTo("aba");
    assertThat(stream.push('b')).isEqualTo("b");
    assertThat(stream.stop()).isEmpty();
    assertThat(stream.push('a') + stream.push('b')).isEmpty();
    assertThat(stream.stop()).contains("ab");
  }

  @Test
  void specialTokensCountAmongTheFirst() {
    TextStream stream = new TextStream(new ByteCodec(), List.of("a"), 2);
    assertThat(stream.push(EOS) + stream.push('a') + stream.push('a')).isEqualTo("a");
    assertThat(stream.stop()).contains("a");
  }

  @Test
  void randomBytesReadLikeTheWholeText() {
    for (long seed = 1; seed <= 2000; seed++) {
      byte[] bytes = new byte[20];
      new Random(seed).nextBytes(bytes);
      TextStream stream = new TextStream(new ByteCodec(), List.of());
      StringBuilder text = new StringBuilder();
      for (byte b : bytes) {
        text.append(stream.push(b & 0xFF));
      }
      text.append(stream.finish());
      assertThat(text.toString()).as("seed %d", seed).isEqualTo(new String(bytes, UTF_8));
    }
  }
}
