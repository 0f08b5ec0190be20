package io.ennead.node;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Values as they were given, by setting name: read from flags, environment and file. A name that is
 * no setting is an error with the nearest one.
 */
final class ConfigSource {
  private static final String FILE_FLAG = "--config";
  private static final String FILE_ENV = "ENNEAD_CONFIG";

  // Read by the launcher script and by client commands, not by nodes.
  private static final Set<String> OTHER_ENV =
      Set.of(FILE_ENV, "ENNEAD_JAVA_OPTS", "ENNEAD_HOME", "ENNEAD_API_KEY", "ENNEAD_API_KEY_FILE");

  /**
   * One value.
   *
   * @param origin where it was found, for messages
   * @param list whether it was a list in the file
   */
  record Given(String origin, List<String> items, boolean list) {
    static Given of(String origin, String text) {
      return new Given(origin, List.of(text), false);
    }
  }

  private ConfigSource() {}

  /** The value of every setting that was given: flags before environment before file. */
  static Map<String, Given> read(List<ConfigKey> keys, List<String> args, Map<String, String> env) {
    Map<String, Given> flags = flags(keys, args);
    Map<String, Given> environment = environment(keys, env);
    Map<String, Given> given = new HashMap<>();
    file(flags, env).ifPresent(path -> given.putAll(yaml(keys, path)));
    given.putAll(environment);
    given.putAll(flags);
    return given;
  }

  private static Map<String, Given> flags(List<ConfigKey> keys, List<String> args) {
    Map<String, Given> flags = new HashMap<>();
    List<String> rest = new ArrayList<>(args);
    while (!rest.isEmpty()) {
      String arg = rest.remove(0);
      String flag = arg.contains("=") ? arg.substring(0, arg.indexOf('=')) : arg;
      if (!flag.startsWith("--")) {
        throw new ConfigException(
            "%s: unexpected argument (expected: --name value)".formatted(arg));
      }
      String text = flagText(keys, flag, arg, rest);
      if (flags.put(flag.substring(2), Given.of(flag, text)) != null) {
        throw new ConfigException("%s: given twice".formatted(flag));
      }
    }
    return flags;
  }

  private static String flagText(List<ConfigKey> keys, String flag, String arg, List<String> rest) {
    Optional<ConfigKey> key = find(keys, flag);
    if (arg.length() > flag.length()) {
      return arg.substring(flag.length() + 1);
    }
    boolean hasNext = !rest.isEmpty() && !rest.get(0).startsWith("--");
    if (key.isPresent() && key.get().value().flag()) {
      boolean spelled = hasNext && (rest.get(0).equals("true") || rest.get(0).equals("false"));
      return spelled ? rest.remove(0) : "true";
    }
    if (!hasNext) {
      throw new ConfigException(
          "%s: no value (expected: %s)"
              .formatted(flag, key.map(k -> k.value().expected()).orElse("a path")));
    }
    return rest.remove(0);
  }

  private static Optional<ConfigKey> find(List<ConfigKey> keys, String flag) {
    Optional<ConfigKey> key = keys.stream().filter(k -> k.flag().equals(flag)).findFirst();
    if (key.isEmpty() && !flag.equals(FILE_FLAG)) {
      Stream<String> known =
          Stream.concat(keys.stream().map(ConfigKey::flag), Stream.of(FILE_FLAG));
      throw unknown(flag, "flag", known.toList());
    }
    return key;
  }

  private static Map<String, Given> environment(List<ConfigKey> keys, Map<String, String> env) {
    Map<String, Given> values = new HashMap<>();
    // Sorted: of several errors always the same one is reported.
    new TreeMap<>(env)
        .forEach(
            (name, text) -> {
              if (name.startsWith(ConfigKey.ENV_PREFIX) && !OTHER_ENV.contains(name)) {
                values.put(byEnv(keys, name).name(), Given.of(name, text));
              }
            });
    return values;
  }

  private static ConfigKey byEnv(List<ConfigKey> keys, String name) {
    return keys.stream()
        .filter(key -> key.env().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                unknown(name, "environment variable", keys.stream().map(ConfigKey::env).toList()));
  }

  private static Optional<Path> file(Map<String, Given> flags, Map<String, String> env) {
    Given flag = flags.remove(FILE_FLAG.substring(2));
    String text = flag == null ? env.getOrDefault(FILE_ENV, "") : flag.items().get(0);
    return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
  }

  private static Map<String, Given> yaml(List<ConfigKey> keys, Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ConfigException("config file %s: no such file".formatted(file));
    }
    try (JsonParser parser = new YAMLFactory().createParser(file.toFile())) {
      parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      Map<String, Given> values = mapping(parser, file);
      List<String> known = keys.stream().map(ConfigKey::name).toList();
      values.keySet().stream()
          .filter(name -> !known.contains(name))
          .findFirst()
          .ifPresent(
              name -> {
                throw unknown(name, "key in " + file, known);
              });
      return values;
    } catch (IOException e) {
      throw new ConfigException("config file %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Map<String, Given> mapping(JsonParser parser, Path file) throws IOException {
    Map<String, Given> values = new LinkedHashMap<>();
    JsonToken first = parser.nextToken();
    if (first == null) {
      return values;
    }
    if (first != JsonToken.START_OBJECT) {
      throw new ConfigException(
          "config file %s: no mapping (expected: key: value)".formatted(file));
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      values.put(name, given(parser, "%s in %s".formatted(name, file)));
    }
    if (parser.nextToken() != null) {
      throw new ConfigException("config file %s: several documents (expected: 1)".formatted(file));
    }
    return values;
  }

  // Scalars are kept as they were written: 1.10 stays 1.10.
  private static Given given(JsonParser parser, String origin) throws IOException {
    JsonToken token = parser.nextToken();
    if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
      return Given.of(origin, parser.getText());
    }
    if (token != JsonToken.START_ARRAY) {
      throw new ConfigException("%s: no value (expected: a value or a list)".formatted(origin));
    }
    List<String> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!parser.currentToken().isScalarValue()) {
        throw new ConfigException("%s: nested value (expected: a list of text)".formatted(origin));
      }
      items.add(parser.getText());
    }
    return new Given(origin, List.copyOf(items), true);
  }

  private static ConfigException unknown(String name, String what, List<String> known) {
    String suggestion =
        nearest(name, known).map(near -> "; did you mean %s?".formatted(near)).orElse("");
    return new ConfigException("%s: unknown %s%s".formatted(name, what, suggestion));
  }

  // camelCase is close to kebab-case here: only letters and digits count.
  private static Optional<String> nearest(String name, List<String> known) {
    String best = null;
    int bestDistance = Math.max(2, name.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(letters(name), letters(candidate));
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  private static String letters(String name) {
    return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
  }

  /** Levenshtein distance, row by row. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }
}
