package io.ennead.cli.route;

import java.util.List;

/**
 * The same token under several routings, each a request that was served.
 *
 * @param position of the token, in every one of the traces
 */
public record Comparison(int position, List<Column> columns) {

  /** One routing, named in words. */
  public record Column(String name, Trace trace) {}
}
