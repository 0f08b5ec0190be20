package io.ennead.node.http;

import java.util.Optional;
import java.util.Set;

/**
 * One path of a server.
 *
 * @param path exact, and the operation's name in the rules of access; with {@value #REST} at its
 *     end any path that goes on there
 * @param methods that are allowed
 * @param maxBody bytes; 0: no body at all
 * @param contentType that a body must have, without parameters; empty: any
 */
public record Route(
    String path,
    Set<String> methods,
    int maxBody,
    Optional<String> contentType,
    HttpHandler handler) {
  private static final String REST = "/*";

  /** Checks the path. */
  public Route {
    methods = Set.copyOf(methods);
    if (!path.startsWith("/") || path.indexOf('*') >= 0 && !path.endsWith(REST)) {
      throw new IllegalArgumentException("path: %s (expected: /... or /.../*)".formatted(path));
    }
  }

  /** For GET and HEAD. */
  public static Route get(String path, HttpHandler handler) {
    return new Route(path, Set.of("GET", "HEAD"), 0, Optional.empty(), handler);
  }

  /** For POST of bodies of one type, which no page of another origin can send unasked. */
  public static Route post(String path, String contentType, int maxBody, HttpHandler handler) {
    return new Route(path, Set.of("POST"), maxBody, Optional.of(contentType), handler);
  }

  /** Whether an open route goes on to a path, as it was sent. */
  boolean leadsTo(String sent) {
    int stem = path.length() - 1;
    return sent.length() > stem && sent.startsWith(path.substring(0, stem));
  }

  boolean exact() {
    return !path.endsWith(REST);
  }
}
