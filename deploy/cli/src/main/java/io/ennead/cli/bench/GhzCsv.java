package io.ennead.cli.bench;

import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;

/**
 * One line per request, as ghz writes them with {@code -O csv} (github.com/bojand/ghz, printer).
 */
public final class GhzCsv {
  private GhzCsv() {}

  /** The file. */
  public static String of(LoadResult result) {
    StringBuilder csv = new StringBuilder("duration (ms),status,error\n");
    for (RequestRecord request : result.requests()) {
      csv.append(Texts.millis(request.nanos()))
          .append(',')
          .append(GhzJson.status(request))
          .append(',')
          .append(request.error().orElse(""))
          .append('\n');
    }
    return csv.toString();
  }
}
