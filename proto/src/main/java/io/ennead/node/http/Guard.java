package io.ennead.node.http;

import java.util.Map;
import java.util.Optional;

/**
 * What a server looks at in a request's head before anything else, and what it says with every
 * answer: the place for rules about browsers. Called by the transport's threads; does not block.
 */
public interface Guard {
  /** No rules. */
  Guard NONE = new Guard() {};

  /** What to answer at once; empty: the request goes on. Its body is not there yet. */
  default Optional<Answer> before(Request head) {
    return Optional.empty();
  }

  /** Headers of whatever is answered. */
  default Map<String, String> headers(Request head) {
    return Map.of();
  }
}
