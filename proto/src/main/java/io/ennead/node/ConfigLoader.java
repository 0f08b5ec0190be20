package io.ennead.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.ennead.node.ConfigSource.Given;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Fills a record of {@link Setting}s. Component {@code maxBatchTokens} is the flag {@code
 * --max-batch-tokens VALUE} (or {@code =VALUE}; booleans may stand alone), the environment variable
 * {@code ENNEAD_MAX_BATCH_TOKENS} and the key {@code max-batch-tokens} of the YAML file named by
 * {@code --config} or {@code ENNEAD_CONFIG}; in this order, before the default.
 *
 * <p>Types: String, int, long, double, boolean, Path, Duration ({@code 250ms}, {@code 5s}), byte
 * counts ({@code 64MiB}), List of String ({@code a,b} or a YAML list) and enums (lower kebab case).
 * A component that is a record of settings stands for these, so that programs can share them.
 * Unknown flags, {@code ENNEAD_} variables and keys are errors, as are values that do not fit.
 */
public final class ConfigLoader {
  private ConfigLoader() {}

  /**
   * Reads the configuration of a program.
   *
   * @throws ConfigException naming program, key, source, value and what was expected
   */
  public static <T extends Record> T load(
      Class<T> type, String program, List<String> args, Map<String, String> env) {
    try {
      List<ConfigKey> keys = ConfigKey.of(type);
      Map<String, Given> given = ConfigSource.read(keys, args, env);
      return create(type, given);
    } catch (ConfigException e) {
      throw new ConfigException(program + ": " + e.getMessage(), e);
    }
  }

  private static <T extends Record> T create(Class<T> type, Map<String, Given> given) {
    Object[] values =
        Arrays.stream(type.getRecordComponents())
            .map(component -> value(component, given))
            .toArray();
    return create(type, values);
  }

  private static Object value(RecordComponent component, Map<String, Given> given) {
    Optional<Class<? extends Record>> group = ConfigKey.group(component);
    return group.isPresent() ? create(group.get(), given) : value(ConfigKey.of(component), given);
  }

  private static Object value(ConfigKey key, Map<String, Given> given) {
    Given found = given.get(key.name());
    if (found != null) {
      return parse(key, found);
    }
    if (key.required()) {
      throw new ConfigException(
          "%s: missing (expected: %s; or %s, or %s in the file)"
              .formatted(key.flag(), key.value().expected(), key.env(), key.name()));
    }
    return parse(key, Given.of("default", key.setting().byDefault()));
  }

  private static Object parse(ConfigKey key, Given given) {
    ConfigValue value = key.value();
    if (given.list() && value.list()) {
      return given.items();
    }
    if (given.list()) {
      throw invalid(key, given);
    }
    try {
      return value.parse().apply(given.items().get(0));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw invalid(key, given);
    }
  }

  private static ConfigException invalid(ConfigKey key, Given given) {
    String text = given.list() ? given.items().toString() : given.items().get(0);
    return new ConfigException(
        "%s: %s (from %s, expected: %s)"
            .formatted(key.name(), text, given.origin(), key.value().expected()));
  }

  private static <T extends Record> T create(Class<T> type, Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IllegalArgumentException) {
        throw new ConfigException(String.valueOf(cause.getMessage()), cause);
      }
      throw new IllegalStateException("cannot create " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot create " + type, e);
    }
  }

  /** What people may configure: flags, variables, defaults and their meaning. */
  public static String help(Class<? extends Record> type, String program) {
    StringBuilder text = new StringBuilder();
    text.append("Usage: %s [--config FILE] [--name value ...]%n%n".formatted(program));
    for (ConfigKey key : ConfigKey.of(type)) {
      String usual =
          key.required() ? "required" : "default: %s".formatted(key.setting().byDefault());
      text.append("  %s <%s>%n".formatted(key.flag(), key.value().expected()));
      text.append("      %s%n".formatted(key.setting().help()));
      text.append("      %s, %s%n".formatted(key.env(), usual));
    }
    return text.toString();
  }

  /** The configuration as a file that {@link #load} reads back to an equal record. */
  public static String yaml(Record config) {
    YAMLFactory format =
        YAMLFactory.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();
    try {
      return new YAMLMapper(format).writeValueAsString(values(config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + config, e);
    }
  }

  /** The configuration on one line, for the log. */
  public static String describe(Record config) {
    return values(config).entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }

  private static Map<String, Object> values(Record config) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      Object value = read(config, component);
      if (ConfigKey.group(component).isPresent()) {
        values.putAll(values((Record) value));
      } else {
        ConfigKey key = ConfigKey.of(component);
        values.put(key.name(), key.value().format().apply(value));
      }
    }
    return values;
  }

  private static Object read(Record config, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }
}
