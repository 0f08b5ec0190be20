package io.ennead.client;

import io.ennead.v1.SoftLabelsResponse;
import java.util.Iterator;
import java.util.function.Supplier;

/** The soft labels of one text as they come; the last response carries the summary. */
public final class Labelling extends Responses<SoftLabelsResponse> {
  Labelling(Supplier<Iterator<SoftLabelsResponse>> call) {
    super(call);
  }
}
