package io.ennead.router.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Changes valid inputs a little, by a seed. Used by one thread. */
public final class Mutator {
  /** What stands for a value of JSON, YAML and the like. */
  private static final Pattern VALUE =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.){0,200}\"|-?\\d[\\d.eE+-]*|true|false|null");

  private static final List<String> NASTY =
      List.of(
          "null",
          "true",
          "-1",
          "0",
          "0.5",
          "2147483647",
          "2147483648",
          "4294967295",
          "9223372036854775807",
          "18446744073709551616",
          "1e308",
          "1e999999999",
          "-1e-999999999",
          "NaN",
          "7".repeat(2000),
          "\"\"",
          "\"../../etc/passwd\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"" + "x".repeat(1 << 16) + "\"",
          "[]",
          "[[[[]]]]",
          "[".repeat(100_000),
          "{\"a\":".repeat(50_000),
          "{}");

  private final Random random;

  /** Of the same seed come the same mutants. */
  public Mutator(long seed) {
    this.random = new Random(seed);
  }

  /** A mutant of text that consists of values: of one to three of them, or of its bytes. */
  public byte[] text(byte[] valid) {
    if (random.nextInt(4) == 0) {
      return bytes(valid);
    }
    String text = new String(valid, StandardCharsets.UTF_8);
    for (int hit = 0; hit <= random.nextInt(3); hit++) {
      text = changeValue(text);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String changeValue(String text) {
    List<int[]> values = new ArrayList<>();
    Matcher matcher = VALUE.matcher(text);
    while (matcher.find()) {
      values.add(new int[] {matcher.start(), matcher.end()});
    }
    if (values.isEmpty()) {
      return text;
    }
    int[] value = values.get(random.nextInt(values.size()));
    String before = text.substring(0, value[0]);
    String old = text.substring(value[0], value[1]);
    String after = text.substring(value[1]);
    return switch (random.nextInt(4)) {
      case 0 -> before + old + ": 0, " + old + after; // a key twice
      case 1 -> before + after;
      default -> before + NASTY.get(random.nextInt(NASTY.size())) + after;
    };
  }

  /** A mutant of any bytes: bits flipped, lengths changed, cut off, repeated, or in other order. */
  public byte[] bytes(byte[] valid) {
    byte[] bytes = valid.clone();
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(64));
      case 2 -> repeated(bytes);
      case 3 -> inserted(bytes);
      default -> damaged(bytes);
    };
  }

  private byte[] damaged(byte[] bytes) {
    byte[] extremes = {0, 1, 0x7f, (byte) 0x80, -1};
    for (int hit = 0; hit <= random.nextInt(8); hit++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          switch (random.nextInt(3)) {
            case 0 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
            case 1 -> extremes[random.nextInt(extremes.length)];
            default -> (byte) random.nextInt(256);
          };
    }
    return bytes;
  }

  private byte[] repeated(byte[] bytes) {
    int from = random.nextInt(bytes.length);
    int to = from + 1 + random.nextInt(Math.min(64, bytes.length - from));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, to);
    for (int i = 0; i < random.nextInt(100); i++) {
      out.write(bytes, from, to - from);
    }
    out.write(bytes, to, bytes.length - to);
    return out.toByteArray();
  }

  /** What a length or a number may become: the largest that a varint or eight bytes hold. */
  private byte[] inserted(byte[] bytes) {
    byte[] large = new byte[1 + random.nextInt(10)];
    Arrays.fill(large, (byte) 0xff);
    large[large.length - 1] = (byte) random.nextInt(128);
    int at = random.nextInt(bytes.length);
    int skipped = Math.min(random.nextInt(10), bytes.length - at);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    out.writeBytes(large);
    out.write(bytes, at + skipped, bytes.length - at - skipped);
    return out.toByteArray();
  }
}
