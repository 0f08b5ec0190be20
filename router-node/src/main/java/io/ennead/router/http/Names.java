package io.ennead.router.http;

import io.ennead.errors.ServingException;
import java.util.HashMap;
import java.util.Map;

/**
 * What the fields of {@link io.ennead.v1.GenerateRequest} are called in a request as it was sent,
 * so that errors name those. Used by one thread.
 */
final class Names {
  private static final String FIELD = "field";

  private final Map<String, String> sent = new HashMap<>();

  /** A field, or what stands below it, was sent under another name. */
  void put(String field, String name) {
    sent.put(field, name);
  }

  /** The same error with the name that was sent. */
  ServingException translate(ServingException error) {
    String field = error.metadata().get(FIELD);
    String value = error.metadata().get("value");
    String expected = error.metadata().get("expected");
    if (field == null || value == null || expected == null) {
      return error;
    }
    String name = name(field);
    return name.equals(field)
        ? error
        : ServingException.field(error.reason(), name, value, expected);
  }

  /** "sampling.logit_bias[7]" is "logit_bias[7]" when that was sent. */
  private String name(String field) {
    for (int end = field.length(); end > 0; end = before(field, end)) {
      String known = sent.get(field.substring(0, end));
      if (known != null) {
        return known + field.substring(end);
      }
    }
    return field;
  }

  private static int before(String field, int end) {
    return Math.max(field.lastIndexOf('.', end - 1), field.lastIndexOf('[', end - 1));
  }
}
