package io.ennead.router.http;

import io.ennead.router.api.FieldNames;
import io.ennead.v1.GenerateRequest;
import java.util.List;

/**
 * What a request asks for, in the words of the service over gRPC.
 *
 * @param prompts one request for each, alike in everything else
 * @param stream whether the answer comes in parts
 * @param usage whether a streamed answer ends with the usage
 * @param detailed whether choices tell what OpenAI has no words for
 * @param lengthGiven whether the request says how long the answer may be
 * @param ignored names of parameters that were accepted and do nothing
 * @param names of fields, for errors
 */
record Asked(
    List<GenerateRequest> prompts,
    boolean stream,
    boolean usage,
    boolean detailed,
    boolean lengthGiven,
    List<String> ignored,
    FieldNames names) {
  /** Copies the lists. */
  Asked {
    prompts = List.copyOf(prompts);
    ignored = List.copyOf(ignored);
  }

  int continuations() {
    GenerateRequest first = prompts.get(0);
    return first.hasN() ? first.getN() : 1;
  }
}
