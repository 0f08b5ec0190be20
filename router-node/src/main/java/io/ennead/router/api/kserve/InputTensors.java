package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a request's input tensors, which all have raw or all have typed contents. */
final class InputTensors {
  private static final String BINARY_SIZE = "binary_data_size";

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
    Datatype datatype = Datatype.of(input.getDatatype(), name);
    ByteString contents = contents(request, index, datatype);
    input.getParametersMap().forEach((key, value) -> requireTrue(name, key, value, contents));
    return InferTensor.checked(name, datatype, input.getShapeList(), contents);
  }

  /** KServe's client says beside raw contents how long they are. */
  private static void requireTrue(
      String tensor, String key, InferParameter value, ByteString contents) {
    if (!key.equals(BINARY_SIZE)) {
      throw ServingException.invalidField(
          tensor + ".parameters", key, "none: tensors come in the message");
    }
    if (!value.hasInt64Param() || value.getInt64Param() != contents.size()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
          tensor + ".parameters." + BINARY_SIZE,
          value.hasInt64Param() ? value.getInt64Param() : value.getParameterChoiceCase(),
          contents.size() + ", the bytes that came");
    }
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
