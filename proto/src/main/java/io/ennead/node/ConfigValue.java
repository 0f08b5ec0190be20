package io.ennead.node;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the values of one setting are read and written. Whatever is written can be read again.
 *
 * @param expected what the values look like, for messages and help
 * @param flag whether the value may be left out on the command line
 * @param list whether there may be several values
 * @param parse from text; throws {@link IllegalArgumentException} when it does not fit
 * @param format to text, or to something that YAML writes the same way
 */
record ConfigValue(
    String expected,
    boolean flag,
    boolean list,
    Function<String, Object> parse,
    Function<Object, Object> format) {

  static ConfigValue of(RecordComponent component, Setting setting) {
    Class<?> type = component.getType();
    if (type == List.class && isListOfStrings(component)) {
      return new ConfigValue("a,b,...", false, true, ConfigValue::split, v -> v);
    }
    if (setting.bytes()) {
      return scalar("bytes, as 512 or 64MiB", bytes(type), v -> formatBytes((Number) v));
    }
    if (type.isEnum()) {
      return ofEnum(type);
    }
    return ofType(component, type);
  }

  private static boolean isListOfStrings(RecordComponent component) {
    return component.getGenericType() instanceof ParameterizedType generic
        && generic.getActualTypeArguments()[0] == String.class;
  }

  private static ConfigValue ofType(RecordComponent component, Class<?> type) {
    if (type == String.class) {
      return scalar("text", v -> v, v -> v);
    }
    if (type == int.class) {
      return scalar("a whole number", Integer::valueOf, v -> v);
    }
    if (type == long.class) {
      return scalar("a whole number", Long::valueOf, v -> v);
    }
    if (type == double.class) {
      return scalar("a number", Double::valueOf, v -> v);
    }
    if (type == Path.class) {
      return scalar("a path", Path::of, Object::toString);
    }
    if (type == Duration.class) {
      return scalar(
          "a duration, as 250ms or 5s", ConfigValue::duration, v -> formatDuration((Duration) v));
    }
    if (type == boolean.class) {
      return new ConfigValue("true or false", true, false, ConfigValue::bool, v -> v);
    }
    throw new IllegalArgumentException(
        "%s: no such setting type (expected: String, int, long, double, boolean, Path, Duration,"
                .formatted(component)
            + " List<String> or an enum)");
  }

  private static ConfigValue scalar(
      String expected, Function<String, Object> parse, Function<Object, Object> format) {
    return new ConfigValue(expected, false, false, parse, format);
  }

  private static ConfigValue ofEnum(Class<?> type) {
    Object[] constants = type.getEnumConstants();
    String expected =
        Arrays.stream(constants).map(ConfigValue::label).collect(Collectors.joining(", "));
    return scalar(
        expected,
        text ->
            Arrays.stream(constants)
                .filter(constant -> label(constant).equals(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new),
        ConfigValue::label);
  }

  private static String label(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Object split(String text) {
    return Stream.of(text.split(",", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static Object bool(String text) {
    if (text.equals("true") || text.equals("false")) {
      return text.equals("true");
    }
    throw new IllegalArgumentException(text);
  }

  private static Object duration(String text) {
    int unitAt = unitAt(text);
    long count = Long.parseLong(text.substring(0, unitAt));
    String name = text.substring(unitAt);
    return TimeUnit.valueOf(name.toUpperCase(Locale.ROOT)).of(count);
  }

  private static String formatDuration(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    for (TimeUnit unit : TimeUnit.values()) {
      if (unit.of(duration.toNanos() / unit.nanos).equals(duration)) {
        return duration.toNanos() / unit.nanos + unit.name().toLowerCase(Locale.ROOT);
      }
    }
    throw new IllegalStateException("duration: " + duration);
  }

  private static Function<String, Object> bytes(Class<?> type) {
    return type == int.class ? text -> Math.toIntExact(parseBytes(text)) : ConfigValue::parseBytes;
  }

  private static long parseBytes(String text) {
    int unitAt = unitAt(text);
    long count = Long.parseLong(text.substring(0, unitAt));
    String unit = text.substring(unitAt);
    return Math.multiplyExact(count, unit.isEmpty() ? 1 : ByteUnit.of(unit).bytes);
  }

  private static Object formatBytes(Number bytes) {
    for (ByteUnit unit : ByteUnit.values()) {
      if (bytes.longValue() != 0 && bytes.longValue() % unit.bytes == 0) {
        return bytes.longValue() / unit.bytes + unit.label;
      }
    }
    return bytes;
  }

  private static int unitAt(String text) {
    int at = 0;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** Largest first, so that values are written in the largest unit that fits. */
  private enum TimeUnit {
    H(3_600_000_000_000L),
    M(60_000_000_000L),
    S(1_000_000_000L),
    MS(1_000_000L),
    US(1_000L),
    NS(1L);

    private final long nanos;

    TimeUnit(long nanos) {
      this.nanos = nanos;
    }

    Duration of(long count) {
      return Duration.ofNanos(Math.multiplyExact(count, nanos));
    }
  }

  /** Largest first. */
  private enum ByteUnit {
    TIB("TiB", 1L << 40),
    GIB("GiB", 1L << 30),
    MIB("MiB", 1L << 20),
    KIB("KiB", 1L << 10);

    private final String label;
    private final long bytes;

    ByteUnit(String label, long bytes) {
      this.label = label;
      this.bytes = bytes;
    }

    static ByteUnit of(String label) {
      return Arrays.stream(values())
          .filter(unit -> unit.label.equals(label))
          .findFirst()
          .orElseThrow(IllegalArgumentException::new);
    }
  }
}
