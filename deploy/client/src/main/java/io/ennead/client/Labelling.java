package io.ennead.client;

import io.ennead.v1.SoftLabelsResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Function;

/** The soft labels of one text as they come; the last response carries the summary. */
public final class Labelling extends Responses<SoftLabelsResponse> {
  Labelling(
      Retries retries, Duration limit, Function<Duration, Iterator<SoftLabelsResponse>> call) {
    super(retries, limit, call);
  }
}
