package io.ennead.node.http;

/**
 * Answers the requests of a route. Runs on one of the server's threads for that and may block
 * there; the answer may also be given later, by any thread. What it throws becomes status 500.
 */
@FunctionalInterface
public interface HttpHandler {
  /** Answers, or sees to it that somebody does. */
  void handle(Exchange exchange) throws Exception;
}
