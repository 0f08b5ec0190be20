package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelInferResponse;
import java.util.List;

/** Requests and responses with typed contents, as a test writes and reads them. */
final class Infer {
  private Infer() {}

  static ModelInferRequest.Builder text(String text) {
    return ModelInferRequest.newBuilder()
        .setModelName("tiny")
        .setId("7")
        .addInputs(bytes("text_input", text));
  }

  static InferInputTensor.Builder bytes(String name, String... values) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (String value : values) {
      contents.addBytesContents(ByteString.copyFromUtf8(value));
    }
    return tensor(name, "BYTES", contents, values.length);
  }

  static InferInputTensor.Builder ints(String name, int... values) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (int value : values) {
      contents.addIntContents(value);
    }
    return tensor(name, "INT32", contents, values.length);
  }

  static InferInputTensor.Builder number(String name, float value) {
    return tensor(name, "FP32", InferTensorContents.newBuilder().addFp32Contents(value), 1);
  }

  static InferInputTensor.Builder flag(String name, boolean value) {
    return tensor(name, "BOOL", InferTensorContents.newBuilder().addBoolContents(value), 1);
  }

  private static InferInputTensor.Builder tensor(
      String name, String datatype, InferTensorContents.Builder contents, int count) {
    return InferInputTensor.newBuilder()
        .setName(name)
        .setDatatype(datatype)
        .addShape(count)
        .setContents(contents);
  }

  static InferParameter word(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  static InferParameter whole(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  static InferParameter real(double value) {
    return InferParameter.newBuilder().setDoubleParam(value).build();
  }

  static InferParameter yes() {
    return InferParameter.newBuilder().setBoolParam(true).build();
  }

  static InferTensorContents contents(ModelInferResponse response, String name) {
    return response.getOutputsList().stream()
        .filter(output -> output.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not among " + names(response)))
        .getContents();
  }

  static List<String> names(ModelInferResponse response) {
    return response.getOutputsList().stream().map(output -> output.getName()).toList();
  }

  static List<String> texts(ModelInferResponse response, String name) {
    return contents(response, name).getBytesContentsList().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }
}
