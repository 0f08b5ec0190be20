package io.ennead.router.api.kserve;

import io.ennead.router.api.Caller;
import io.ennead.router.api.FieldNames;
import io.ennead.v1.GenerateRequest;
import java.util.Set;

/**
 * A request for text, read.
 *
 * @param request the same in the words of {@code ennead.v1}
 * @param caller who gives up when the request's timeout is over
 * @param raw whether tensors of the answer are raw
 * @param stream whether each piece is an answer
 * @param includeInput whether the answer begins with the prompt
 * @param outputs that are asked for
 * @param names of fields, for errors
 */
record TextQuery(
    GenerateRequest request,
    Caller caller,
    String id,
    boolean raw,
    boolean stream,
    boolean includeInput,
    Set<TextOutput> outputs,
    FieldNames names) {
  /** Copies the set. */
  TextQuery {
    outputs = Set.copyOf(outputs);
  }
}
