package io.ennead.cli.survival;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Notes what processes use, and finds what grew. A process that was restarted is another one. Used
 * by one thread.
 *
 * <p>A quantity is flat when in the second half of its samples, without the five percent at either
 * end of the values, the largest is within a bound of the smallest.
 */
final class LeakWatch {
  private static final double OUTLIERS = 0.05;
  private static final int LEAST_SAMPLES = 20;
  private static final long MEMORY_BOUND = 64L << 20;
  private static final long THREADS_BOUND = 16;
  private static final long FILES_BOUND = 32;

  private final Map<String, List<Node.Usage>> samples = new TreeMap<>();

  void sample(Node node) {
    String process = node.name() + " of pid " + node.pid();
    node.usage().ifPresent(usage -> add(process, usage));
  }

  void add(String process, Node.Usage usage) {
    samples.computeIfAbsent(process, none -> new ArrayList<>()).add(usage);
  }

  /** What is not flat; processes with few samples are left out. */
  List<String> growth() {
    List<String> found = new ArrayList<>();
    samples.forEach(
        (process, usages) -> {
          if (usages.size() >= LEAST_SAMPLES) {
            check(process + ": memory", usages, Node.Usage::residentBytes, MEMORY_BOUND, found);
            check(process + ": threads", usages, Node.Usage::threads, THREADS_BOUND, found);
            check(process + ": open files", usages, Node.Usage::openFiles, FILES_BOUND, found);
          }
        });
    return found;
  }

  private static void check(
      String what,
      List<Node.Usage> usages,
      ToLongFunction<Node.Usage> quantity,
      long bound,
      List<String> found) {
    long spread = spread(usages.stream().mapToLong(quantity).toArray());
    if (spread > bound) {
      found.add("%s varies by %d (expected: at most %d)".formatted(what, spread, bound));
    }
  }

  static long spread(long[] all) {
    long[] half = Arrays.copyOfRange(all, all.length / 2, all.length);
    Arrays.sort(half);
    int cut = (int) (half.length * OUTLIERS);
    return half[half.length - 1 - cut] - half[cut];
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    samples.forEach(
        (process, usages) ->
            text.append(process)
                .append(": ")
                .append(usages.get(0))
                .append(" to ")
                .append(usages.get(usages.size() - 1))
                .append(", ")
                .append(usages.size())
                .append(" samples\n"));
    return text.toString();
  }
}
