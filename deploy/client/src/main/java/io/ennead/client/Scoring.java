package io.ennead.client;

import io.ennead.v1.ScoreStreamResponse;
import java.util.Iterator;
import java.util.function.Supplier;

/** The scores of one text as they come; the last response carries the summary. */
public final class Scoring extends Responses<ScoreStreamResponse> {
  Scoring(Supplier<Iterator<ScoreStreamResponse>> call) {
    super(call);
  }
}
