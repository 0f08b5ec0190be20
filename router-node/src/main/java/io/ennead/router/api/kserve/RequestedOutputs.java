package io.ennead.router.api.kserve;

import inference.ModelInferRequest;
import inference.ModelInferRequest.InferRequestedOutputTensor;
import io.ennead.errors.ServingException;
import java.util.LinkedHashSet;
import java.util.Set;

/** Reads which outputs a request asks for. */
final class RequestedOutputs {
  private RequestedOutputs() {}

  /**
   * Their names, in the request's order.
   *
   * @throws ServingException INVALID_FIELD for a name given twice, and for parameters
   */
  static Set<String> names(ModelInferRequest request) {
    Set<String> names = new LinkedHashSet<>();
    for (InferRequestedOutputTensor output : request.getOutputsList()) {
      if (output.getParametersCount() > 0) {
        String parameter = output.getParametersMap().keySet().iterator().next();
        throw ServingException.invalidField(
            output.getName() + ".parameters", parameter, "none: tensors go in the message");
      }
      if (!names.add(output.getName())) {
        throw ServingException.invalidField("outputs", output.getName(), "each name once");
      }
    }
    return names;
  }

  static ServingException unknown(String name) {
    return ServingException.invalidField("outputs", name, "a name that ModelMetadata lists");
  }
}
