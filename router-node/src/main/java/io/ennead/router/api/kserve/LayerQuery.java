package io.ennead.router.api.kserve;

import io.ennead.router.api.Caller;
import io.ennead.router.api.FieldNames;
import io.ennead.v1.MoeServiceForwardRequest;
import java.util.List;

/**
 * A request for one layer, read.
 *
 * @param request the same in the words of {@code ennead.v1}
 * @param caller who gives up when the request's timeout is over
 * @param raw whether tensors of the answer are raw
 * @param datatype of the activations, and so of the output
 * @param outputs names of those that are asked for
 * @param names of fields, for errors
 */
record LayerQuery(
    MoeServiceForwardRequest request,
    Caller caller,
    String id,
    boolean raw,
    Datatype datatype,
    List<String> outputs,
    FieldNames names) {
  /** Copies the list. */
  LayerQuery {
    outputs = List.copyOf(outputs);
  }
}
