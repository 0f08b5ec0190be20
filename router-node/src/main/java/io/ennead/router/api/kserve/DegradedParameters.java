package io.ennead.router.api.kserve;

import inference.InferParameter;
import inference.ModelInferResponse;
import io.ennead.router.generate.Degraded;
import java.util.Collection;
import java.util.stream.Collectors;

/** Says in a response that tokens were computed without some of their experts. */
final class DegradedParameters {
  private DegradedParameters() {}

  static void put(Degraded degraded, ModelInferResponse.Builder response) {
    put(degraded.tokens(), degraded.experts(), response);
  }

  /** Nothing where no token was. */
  static void put(int tokens, Collection<Integer> experts, ModelInferResponse.Builder response) {
    if (tokens == 0) {
      return;
    }
    String ids = experts.stream().map(String::valueOf).collect(Collectors.joining(","));
    response
        .putParameters("degraded_tokens", InferParameter.newBuilder().setInt64Param(tokens).build())
        .putParameters("degraded_experts", InferParameter.newBuilder().setStringParam(ids).build());
  }
}
