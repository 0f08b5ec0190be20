package io.ennead.cli.bench;

import java.util.Map;

/**
 * What a report says of a run beside its results.
 *
 * @param name of the run
 * @param host the router's address
 * @param secure whether it was reached with TLS
 * @param tags names and values of the user's own
 */
public record ReportOptions(String name, String host, boolean secure, Map<String, String> tags) {
  /** Copies the map. */
  public ReportOptions {
    tags = Map.copyOf(tags);
  }
}
