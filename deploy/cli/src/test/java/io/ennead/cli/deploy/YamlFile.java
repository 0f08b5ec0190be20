package io.ennead.cli.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads YAML with anchors and merge keys, and finds places in it. */
final class YamlFile {
  /** What Compose replaces: {@code ${NAME:-default}}. */
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+):-([^}]*)}");

  private static final Path DEPLOY = Path.of("..");

  private YamlFile() {}

  static Path path(String underDeploy) {
    return DEPLOY.resolve(underDeploy);
  }

  /** The only document of a file. */
  static Object read(Path file) throws IOException {
    return parse(Files.readString(file));
  }

  /** A Compose file as it is without any variable set. */
  static Object readCompose(Path file) throws IOException {
    return parse(VARIABLE.matcher(Files.readString(file)).replaceAll(YamlFile::byDefault));
  }

  private static String byDefault(MatchResult variable) {
    return Matcher.quoteReplacement(variable.group(2));
  }

  private static Object parse(String text) {
    List<Object> documents =
        StreamSupport.stream(
                new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text).spliterator(),
                false)
            .toList();
    if (documents.size() != 1) {
      throw new IllegalArgumentException(documents.size() + " documents (expected: 1)");
    }
    return documents.get(0);
  }

  /** What lies at a path of keys and indices, as {@code spec.containers.0.image}. */
  static Optional<Object> at(Object node, String path) {
    Object here = node;
    for (String step : path.split("\\.")) {
      if (here instanceof List<?> list) {
        here = list.get(Integer.parseInt(step));
      } else if (here instanceof Map<?, ?> map) {
        here = map.get(step);
      } else {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(here);
  }

  /** The same, which must be there, as text. */
  static String text(Object node, String path) {
    return at(node, path)
        .map(Object::toString)
        .orElseThrow(() -> new AssertionError("nothing at " + path));
  }

  @SuppressWarnings("unchecked") // keys of YAML files here are text
  static Map<String, Object> map(Object node, String path) {
    return (Map<String, Object>)
        at(node, path).orElseThrow(() -> new AssertionError("nothing at " + path));
  }
}
