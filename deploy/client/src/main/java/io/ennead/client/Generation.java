package io.ennead.client;

import io.ennead.v1.GenerateResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Function;

/** The pieces of one continuation; the last one carries the finish. */
public final class Generation extends Responses<GenerateResponse> {
  Generation(Retries retries, Duration limit, Function<Duration, Iterator<GenerateResponse>> call) {
    super(retries, limit, call);
  }
}
