package io.ennead.router.api.kserve;

import inference.ModelInferRequest;
import io.ennead.router.api.Caller;
import io.ennead.router.generate.Generation;
import java.util.List;
import java.util.Map;

/** A model by the protocol's understanding: named tensors in, named tensors out. Thread-safe. */
interface InferModel {

  String name();

  /** What is known of it beside its tensors. */
  Map<String, String> properties();

  List<TensorSpec> inputs();

  List<TensorSpec> outputs();

  /** Whether a request can have several responses. */
  boolean decoupled();

  ModelCounts counts();

  /**
   * Accepts a request or refuses it at once; never blocks.
   *
   * @param mayStream whether the call can have several responses
   * @param replies are told unless the request is refused
   * @return what to cancel when the caller leaves
   * @throws io.ennead.errors.ServingException when it is refused
   */
  Generation infer(ModelInferRequest request, boolean mayStream, Caller caller, Replies replies);
}
