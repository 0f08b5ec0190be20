package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a request's input tensors, which all have raw or all have typed contents. */
final class InputTensors {
  private InputTensors() {}

  /** Whether the request has raw contents, and so its answer. */
  static boolean raw(ModelInferRequest request) {
    return request.getRawInputContentsCount() > 0;
  }

  /**
   * The tensors by name, in the request's order.
   *
   * @throws ServingException TENSOR_MALFORMED and its kin, INVALID_FIELD
   */
  static Map<String, InferTensor> read(ModelInferRequest request) {
    requireContents(request);
    Map<String, InferTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < request.getInputsCount(); i++) {
      InferTensor tensor = tensor(request, i);
      if (tensors.put(tensor.name(), tensor) != null) {
        throw ServingException.invalidField("inputs", tensor.name(), "each name once");
      }
    }
    return tensors;
  }

  private static void requireContents(ModelInferRequest request) {
    if (raw(request) && request.getRawInputContentsCount() != request.getInputsCount()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
          "raw_input_contents",
          request.getRawInputContentsCount() + " buffers",
          "%d, one of each input".formatted(request.getInputsCount()));
    }
  }

  private static InferTensor tensor(ModelInferRequest request, int index) {
    InferInputTensor input = request.getInputs(index);
    String name = input.getName();
    if (input.getParametersCount() > 0) {
      String parameter = input.getParametersMap().keySet().iterator().next();
      throw ServingException.invalidField(
          name + ".parameters", parameter, "none: tensors come in the message");
    }
    Datatype datatype = Datatype.of(input.getDatatype(), name);
    return InferTensor.checked(
        name, datatype, input.getShapeList(), contents(request, index, datatype));
  }

  private static ByteString contents(ModelInferRequest request, int index, Datatype datatype) {
    InferInputTensor input = request.getInputs(index);
    if (!raw(request)) {
      return TypedContents.raw(input.getContents(), datatype, input.getName());
    }
    if (!input.getContents().equals(InferTensorContents.getDefaultInstance())) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
          input.getName() + ".contents",
          "set",
          "none beside raw_input_contents");
    }
    return request.getRawInputContents(index);
  }
}
