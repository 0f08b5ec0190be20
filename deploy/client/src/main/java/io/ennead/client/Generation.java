package io.ennead.client;

import io.ennead.v1.GenerateResponse;
import java.util.Iterator;
import java.util.function.Supplier;

/** The pieces of one continuation; the last one carries the finish. */
public final class Generation extends Responses<GenerateResponse> {
  Generation(Supplier<Iterator<GenerateResponse>> call) {
    super(call);
  }
}
