package io.ennead.client.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A mixture of lengths in tokens: ranges that are drawn from evenly, each chosen in proportion to
 * its weight. Written {@code 64}, {@code 16-256} or {@code 64:3,512-1024:1}.
 *
 * @param parts at least one
 */
public record Lengths(List<Part> parts) {

  /**
   * A range of lengths.
   *
   * @param least at least 1
   * @param most at least {@code least}
   * @param weight more than 0, finite
   */
  public record Part(int least, int most, double weight) {
    /** Refuses what is no range. */
    public Part {
      if (least < 1 || most < least || !(weight > 0) || Double.isInfinite(weight)) {
        throw new IllegalArgumentException(
            "%d-%d:%s (expected: lengths of at least 1, ascending, and a weight above 0)"
                .formatted(least, most, weight));
      }
    }
  }

  /** Copies the list. */
  public Lengths {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no length (expected: at least one)");
    }
  }

  /**
   * Reads a mixture.
   *
   * @throws IllegalArgumentException naming the part that is none
   */
  public static Lengths parse(String text) {
    List<Part> parts = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      parts.add(part(part));
    }
    return new Lengths(parts);
  }

  private static Part part(String text) {
    int colon = text.indexOf(':');
    String range = colon < 0 ? text : text.substring(0, colon);
    int dash = range.indexOf('-');
    try {
      int least = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
      int most = dash < 0 ? least : Integer.parseInt(range.substring(dash + 1));
      return new Part(least, most, colon < 0 ? 1 : Double.parseDouble(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s (expected: lengths such as 64, 16-256 or 64:3,512:1)".formatted(text), e);
    }
  }

  /** The longest there may be. */
  public int longest() {
    return parts.stream().mapToInt(Part::most).max().orElseThrow();
  }

  /** Draws a length. */
  int draw(Random random) {
    double total = parts.stream().mapToDouble(Part::weight).sum();
    double at = random.nextDouble() * total;
    for (Part part : parts) {
      at -= part.weight();
      if (at < 0) {
        return draw(part, random);
      }
    }
    return draw(parts.get(parts.size() - 1), random);
  }

  private static int draw(Part part, Random random) {
    return part.least() + random.nextInt(part.most() - part.least() + 1);
  }

  @Override
  public String toString() {
    return String.join(",", parts.stream().map(Lengths::text).toList());
  }

  private static String text(Part part) {
    String range =
        part.least() == part.most() ? "" + part.least() : part.least() + "-" + part.most();
    String weight = Double.toString(part.weight()).replaceAll("\\.0$", "");
    return part.weight() == 1 ? range : range + ":" + weight;
  }
}
