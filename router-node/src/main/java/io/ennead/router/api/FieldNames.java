package io.ennead.router.api;

import io.ennead.errors.ServingException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a request of another protocol calls the fields of {@code ennead.v1} that errors name.
 *
 * @param byPath names by the path in {@code ennead.v1}; a path stands for all fields within it too
 */
public record FieldNames(Map<String, String> byPath) {
  /** Copies the map. */
  public FieldNames {
    byPath = Map.copyOf(byPath);
  }

  /** These and others, which come first. */
  public FieldNames with(Map<String, String> others) {
    Map<String, String> all = new HashMap<>(byPath);
    all.putAll(others);
    return new FieldNames(all);
  }

  /** The same failure in the request's own words. */
  public ServingException translate(ServingException error) {
    String field = error.metadata().get("field");
    String value = error.metadata().get("value");
    String expected = error.metadata().get("expected");
    if (field == null || value == null || expected == null) {
      return error;
    }
    return path(field)
        .map(path -> byPath.get(path) + field.substring(path.length()))
        .filter(name -> !name.equals(field))
        .map(name -> ServingException.field(error.reason(), name, value, expected))
        .orElse(error);
  }

  private Optional<String> path(String field) {
    return byPath.keySet().stream()
        .filter(path -> within(field, path))
        .max(Comparator.comparingInt(String::length));
  }

  private static boolean within(String field, String path) {
    return field.equals(path) || field.startsWith(path + ".") || field.startsWith(path + "[");
  }
}
