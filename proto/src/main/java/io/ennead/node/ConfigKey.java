package io.ennead.node;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One component of a configuration record under its three names.
 *
 * @param name kebab-case, in files and after {@code --}
 * @param env {@code ENNEAD_} and upper snake case
 */
record ConfigKey(
    String name, String env, RecordComponent component, Setting setting, ConfigValue value) {
  static final String ENV_PREFIX = "ENNEAD_";

  static List<ConfigKey> of(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents()).flatMap(ConfigKey::keys).toList();
  }

  private static Stream<ConfigKey> keys(RecordComponent component) {
    return group(component)
        .map(group -> of(group).stream())
        .orElseGet(() -> Stream.of(of(component)));
  }

  /** The record that a component without a setting of its own stands for: more settings. */
  static Optional<Class<? extends Record>> group(RecordComponent component) {
    return component.getType().isRecord() && !component.isAnnotationPresent(Setting.class)
        ? Optional.of(component.getType().asSubclass(Record.class))
        : Optional.empty();
  }

  static ConfigKey of(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      throw new IllegalArgumentException(
          "%s: no annotation (expected: @Setting)".formatted(component));
    }
    String name = kebab(component.getName());
    String env = ENV_PREFIX + name.replace('-', '_').toUpperCase(Locale.ROOT);
    return new ConfigKey(name, env, component, setting, ConfigValue.of(component, setting));
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  String flag() {
    return "--" + name;
  }

  boolean required() {
    return setting.byDefault().equals(Setting.REQUIRED);
  }
}
