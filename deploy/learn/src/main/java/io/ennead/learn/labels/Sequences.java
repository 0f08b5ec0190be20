package io.ennead.learn.labels;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokens to learn from: texts are cut into chunks of one length that know nothing of each other,
 * each after the tokens that a text begins with. What is left at a text's end is a tail: it is
 * shorter. Immutable.
 */
public final class Sequences {
  private final int length;
  private final List<int[]> whole;
  private final List<int[]> tails;

  private Sequences(int length, List<int[]> whole, List<int[]> tails) {
    this.length = length;
    this.whole = List.copyOf(whole);
    this.tails = List.copyOf(tails);
  }

  /**
   * Cuts texts, until there are {@code most} whole sequences.
   *
   * @param front what every text begins with: the beginning-of-sequence token, or nothing
   * @param texts without it; read only as far as they are needed
   * @param chunk tokens of a chunk
   */
  public static Sequences cut(int[] front, Iterable<int[]> texts, int chunk, int most) {
    List<int[]> whole = new ArrayList<>();
    List<int[]> tails = new ArrayList<>();
    for (int[] text : texts) {
      for (int begin = 0; begin < text.length && whole.size() < most; begin += chunk) {
        int[] sequence = sequence(front, text, begin, Math.min(text.length, begin + chunk));
        (sequence.length == front.length + chunk ? whole : tails).add(sequence);
      }
      if (whole.size() == most) {
        break;
      }
    }
    return new Sequences(front.length + chunk - 1, whole, tails);
  }

  private static int[] sequence(int[] front, int[] text, int begin, int end) {
    IntStream chunk = IntStream.range(begin, end).map(i -> text[i]);
    return IntStream.concat(IntStream.of(front), chunk).toArray();
  }

  /** How many whole ones there are. */
  public int count() {
    return whole.size();
  }

  /** Tokens that go in, per whole sequence; one more, the last, only comes out. */
  public int length() {
    return length;
  }

  /** A whole sequence, [length + 1]; not to be modified. */
  public int[] get(int index) {
    return whole.get(index);
  }

  /** The tails of the texts; not to be modified. */
  public List<int[]> tails() {
    return tails;
  }

  /** SHA-256 of the tokens of all whole sequences, lower-case hex. */
  public String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (int[] sequence : whole) {
        ByteBuffer bytes = ByteBuffer.allocate(sequence.length * Integer.BYTES);
        bytes.asIntBuffer().put(sequence);
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
