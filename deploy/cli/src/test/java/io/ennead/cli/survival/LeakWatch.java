package io.ennead.cli.survival;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * Notes what processes use, and finds what grew. A process that was restarted is another one. Used
 * by one thread.
 *
 * <p>A quantity is flat when in the second half of its samples none is more than a bound above an
 * earlier one. What falls is no leak: threads that a start needed leave after half a minute. Single
 * outliers do not count.
 */
final class LeakWatch {
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
    long rise = rise(usages.stream().mapToLong(quantity).toArray());
    if (rise > bound) {
      found.add("%s rises by %d (expected: at most %d)".formatted(what, rise, bound));
    }
  }

  private static long rise(long[] samples) {
    long lowest = Long.MAX_VALUE;
    long rise = 0;
    for (int i = samples.length / 2; i < samples.length - 1; i++) {
      long value = median(samples[i - 1], samples[i], samples[i + 1]);
      lowest = Math.min(lowest, value);
      rise = Math.max(rise, value - lowest);
    }
    return rise;
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
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
