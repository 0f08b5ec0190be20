package io.ennead.router.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8AssemblerTest {

  @Test
  void equalsTheWholeTextHoweverTheBytesAreCut() {
    for (long seed = 1; seed <= 50_000; seed++) {
      Random random = new Random(seed);
      byte[] bytes = bytes(random);
      Utf8Assembler assembler = new Utf8Assembler(false);
      StringBuilder text = new StringBuilder();
      for (int at = 0; at < bytes.length; ) {
        int end = Math.min(bytes.length, at + random.nextInt(4));
        text.append(assembler.push(Arrays.copyOfRange(bytes, at, end)));
        at = end;
      }
      text.append(assembler.flush());
      assertThat(text.toString())
          .as("seed %d %s", seed, Arrays.toString(bytes))
          .isEqualTo(new String(bytes, UTF_8));
    }
  }

  @Test
  void holdsACharacterUntilItIsComplete() {
    Utf8Assembler assembler = new Utf8Assembler(false);
    byte[] party = "🎉".getBytes(UTF_8);
    assertThat(assembler.push(new byte[] {'a', party[0]})).isEqualTo("a");
    assertThat(assembler.push(new byte[] {party[1], party[2]})).isEmpty();
    assertThat(assembler.push(new byte[] {party[3], 'b'})).isEqualTo("🎉b");
    assertThat(assembler.flush()).isEmpty();
  }

  @Test
  void whatIsNeverCompletedBecomesAReplacementCharacter() {
    Utf8Assembler assembler = new Utf8Assembler(false);
    assertThat(assembler.push(new byte[] {(byte) 0xE2, (byte) 0x82})).isEmpty();
    assertThat(assembler.flush()).isEqualTo("\uFFFD");
  }

  /** Whole characters, lead bytes, continuation bytes and noise in any order. */
  private static byte[] bytes(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int[] leads = {0xC2, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xC0, 0xFF};
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> out.writeBytes(Character.toString(scalar(random)).getBytes(UTF_8));
        case 1 -> out.write(leads[random.nextInt(leads.length)]);
        case 2 -> out.write(0x80 + random.nextInt(64));
        default -> out.write(random.nextInt(256));
      }
    }
    return out.toByteArray();
  }

  private static int scalar(Random random) {
    int bits = 7 + random.nextInt(14);
    int point = random.nextInt(Math.min(1 << bits, 0x110000));
    return point >= 0xD800 && point < 0xE000 ? 'x' : point;
  }
}
