package io.ennead.client;

import io.ennead.v1.ScoreStreamResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Function;

/** The scores of one text as they come; the last response carries the summary. */
public final class Scoring extends Responses<ScoreStreamResponse> {
  Scoring(Retries retries, Duration limit, Function<Duration, Iterator<ScoreStreamResponse>> call) {
    super(retries, limit, call);
  }
}
