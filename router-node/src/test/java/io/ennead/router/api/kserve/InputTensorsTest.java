package io.ennead.router.api.kserve;

import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_MALFORMED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import inference.InferParameter;
import inference.InferTensorContents;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelInferResponse;
import io.ennead.errors.ServingException;
import io.ennead.router.api.kserve.ClientRequests.Recorded;
import io.ennead.v1.ErrorReason;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class InputTensorsTest {

  static Stream<Arguments> recorded() {
    return ClientRequests.all().stream().map(each -> Arguments.of(each.name(), each));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("recorded")
  void whatTheClientWroteIsRead(String name, Recorded recorded) {
    Map<String, InferTensor> tensors = InputTensors.read(recorded.request());

    assertThat(tensors).hasSameSizeAs(recorded.tensors());
    recorded
        .tensors()
        .fields()
        .forEachRemaining(
            entry -> {
              InferTensor tensor = tensors.get(entry.getKey());
              JsonNode expected = entry.getValue();
              assertThat(tensor.datatype().name()).isEqualTo(expected.get("datatype").asText());
              assertThat(tensor.shape()).isEqualTo(list(expected.get("shape"), JsonNode::asLong));
              assertThat(elements(tensor))
                  .isEqualTo(list(expected.get("elements"), JsonNode::asText));
              assertThat(tensor.raw()).isEqualTo(ClientRequests.bytes(expected.get("raw")));
            });
  }

  /** Typed lists and back: the client's bytes come out. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("recorded")
  void typedContentsHaveTheClientsBytes(String name, Recorded recorded) {
    for (InferTensor tensor : InputTensors.read(recorded.request()).values()) {
      if (tensor.datatype() == Datatype.FP16 || tensor.datatype() == Datatype.BF16) {
        continue; // raw only
      }
      InferTensorContents typed = TypedContents.typed(tensor);
      ModelInferRequest request =
          ModelInferRequest.newBuilder()
              .addInputs(
                  InferInputTensor.newBuilder()
                      .setName(tensor.name())
                      .setDatatype(tensor.datatype().name())
                      .addAllShape(tensor.shape())
                      .setContents(typed))
              .build();
      assertThat(InputTensors.read(request)).containsValue(tensor);
    }
  }

  /** As KServe's own client sends it. */
  @Test
  void aTrueLengthIsTaken() {
    ModelInferRequest request =
        raw("x", "INT8", new byte[3], 3)
            .setInputs(0, input("x", "INT8", 3).putParameters("binary_data_size", Infer.whole(3)))
            .build();
    assertThat(InputTensors.read(request)).containsOnlyKeys("x");
  }

  @Test
  void outputsHaveTheClientsBytes() {
    for (Recorded recorded : ClientRequests.all()) {
      InferTensor tensor = InputTensors.read(recorded.request()).values().iterator().next();
      ModelInferResponse.Builder response = ModelInferResponse.newBuilder();
      OutputTensors outputs = new OutputTensors(response, true);
      long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
      int count = tensor.count();
      switch (tensor.datatype()) {
        case BYTES -> {
          if (!recorded.name().equals("BYTES")) {
            continue;
          }
          outputs.texts("out", tensor.texts());
        }
        case FP32 -> {
          float[] values = new float[count];
          IntStream.range(0, count).forEach(i -> values[i] = (float) tensor.number(i));
          outputs.floats("out", values, shape);
        }
        case INT32, UINT32 ->
            outputs.ints(
                "out",
                tensor.datatype(),
                IntStream.range(0, count).map(i -> (int) tensor.integer(i)).toArray(),
                shape);
        case UINT64 ->
            outputs.longs(
                "out",
                tensor.datatype(),
                IntStream.range(0, count).mapToLong(tensor::integer).toArray(),
                shape);
        default -> {
          continue;
        }
      }
      assertThat(response.getRawOutputContents(0)).as(recorded.name()).isEqualTo(tensor.raw());
      assertThat(response.getOutputs(0).getShapeList()).isEqualTo(tensor.shape());
    }
  }

  private static <T> List<T> list(JsonNode array, java.util.function.Function<JsonNode, T> value) {
    return StreamSupport.stream(array.spliterator(), false).map(value).toList();
  }

  private static List<String> elements(InferTensor tensor) {
    if (tensor.datatype() == Datatype.BYTES) {
      return tensor.byteStrings().stream()
          .map(each -> java.util.Base64.getEncoder().encodeToString(each.toByteArray()))
          .toList();
    }
    return IntStream.range(0, tensor.count()).mapToObj(i -> element(tensor, i)).toList();
  }

  private static String element(InferTensor tensor, int index) {
    if (tensor.datatype().real()) {
      return pythonHex(tensor.number(index));
    }
    return tensor.datatype() == Datatype.UINT64
        ? Long.toUnsignedString(tensor.integer(index))
        : Long.toString(tensor.integer(index));
  }

  /** As float.hex() of Python writes it, exactly. */
  private static String pythonHex(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value > 0 ? "0x0.0p+0" : "-0x0.0p+0";
    }
    long bits = Double.doubleToLongBits(value);
    int exponent = Math.getExponent(value);
    boolean subnormal = exponent < Double.MIN_EXPONENT;
    return "%s0x%d.%013xp%+d"
        .formatted(
            bits < 0 ? "-" : "",
            subnormal ? 0 : 1,
            bits & 0xfffffffffffffL,
            subnormal ? Double.MIN_EXPONENT : exponent);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FP16", "BF16", "BYTES", "BOOL"})
  void anyBitsSurviveTypedContents(Datatype datatype) {
    long seed = new Random().nextLong();
    byte[] bytes = new byte[96];
    new Random(seed).nextBytes(bytes);
    if (datatype == Datatype.FP32) {
      quiet(bytes, 4);
    }
    List<Long> shape = List.of(96L / datatype.bytes());
    InferTensor tensor = InferTensor.checked("t", datatype, shape, ByteString.copyFrom(bytes));
    assertThat(TypedContents.raw(TypedContents.typed(tensor), datatype, "t"))
        .as("seed %d", seed)
        .isEqualTo(tensor.raw());
  }

  /** Java may make a signalling NaN quiet when it widens one. */
  private static void quiet(byte[] bytes, int width) {
    for (int i = width - 2; i < bytes.length; i += width) {
      bytes[i] |= 0x40;
    }
  }

  static Stream<Arguments> refused() {
    InferInputTensor.Builder one = input("x", "FP32", 1).setContents(floats(1));
    return Stream.of(
        Arguments.of(
            request(one.clone().setDatatype("FP31")),
            ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            "x.datatype",
            "FP31 (expected: one of [BOOL"),
        Arguments.of(
            request(one.clone(), one.clone()),
            ERROR_REASON_INVALID_FIELD,
            "inputs",
            "each name once"),
        Arguments.of(
            request(one.clone()).addRawInputContents(ByteString.copyFrom(new byte[4])),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.contents",
            "none beside raw_input_contents"),
        Arguments.of(
            request(input("x", "FP32", 1), input("y", "FP32", 1))
                .addRawInputContents(ByteString.copyFrom(new byte[4])),
            ERROR_REASON_TENSOR_MALFORMED,
            "raw_input_contents",
            "1 buffers (expected: 2"),
        Arguments.of(
            raw("x", "FP32", new byte[5], 1), ERROR_REASON_TENSOR_MALFORMED, "x.data", "5 bytes"),
        Arguments.of(
            raw("x", "FP32", new byte[8], 1), ERROR_REASON_TENSOR_MALFORMED, "x.data", "8 bytes"),
        Arguments.of(
            raw("x", "INT8", new byte[0], -1),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "x.shape",
            "no negative extent"),
        Arguments.of(
            raw("x", "INT8", new byte[0], 1L << 62, 4),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "x.shape",
            "fewer than 2^63"),
        Arguments.of(
            raw("x", "BYTES", new byte[] {5, 0, 0, 0, 'a'}, 1),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.data",
            "length 5 at element 0"),
        Arguments.of(
            raw("x", "BYTES", new byte[] {-1, -1, -1, -1}, 1),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.data",
            "length 4294967295"),
        Arguments.of(
            raw("x", "BYTES", new byte[] {0, 0, 0, 0, 1}, 1),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.data",
            "1 bytes at the end"),
        Arguments.of(
            raw("x", "BYTES", new byte[8], 1),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.data",
            "2 byte strings (expected: 1"),
        Arguments.of(
            request(input("x", "FP16", 1)),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.contents",
            "raw_input"),
        Arguments.of(
            request(input("x", "INT32", 1).setContents(floats(1))),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.contents",
            "another type"),
        Arguments.of(
            request(
                input("x", "INT8", 1)
                    .setContents(InferTensorContents.newBuilder().addIntContents(128))),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.contents",
            "128 (expected: elements in the range of INT8)"),
        Arguments.of(
            request(
                input("x", "UINT16", 1)
                    .setContents(InferTensorContents.newBuilder().addUintContents(-1))),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.contents",
            "4294967295"),
        Arguments.of(
            raw("x", "INT8", new byte[3], 3)
                .setInputs(
                    0, input("x", "INT8", 3).putParameters("binary_data_size", Infer.whole(4))),
            ERROR_REASON_TENSOR_MALFORMED,
            "x.parameters.binary_data_size",
            "4 (expected: 3"),
        Arguments.of(
            request(
                one.clone()
                    .putParameters("shared_memory_region", InferParameter.getDefaultInstance())),
            ERROR_REASON_INVALID_FIELD,
            "x.parameters",
            "shared_memory_region"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatDoesNotFitIsRefusedByName(
      ModelInferRequest.Builder request, ErrorReason reason, String field, String message) {
    assertThatThrownBy(() -> InputTensors.read(request.build()))
        .isInstanceOfSatisfying(
            ServingException.class,
            error -> {
              assertThat(error.reason()).isEqualTo(reason);
              assertThat(error.metadata()).containsEntry("field", field);
            })
        .hasMessageContaining(message);
  }

  private static ModelInferRequest.Builder request(InferInputTensor.Builder... inputs) {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder();
    for (InferInputTensor.Builder input : inputs) {
      request.addInputs(input);
    }
    return request;
  }

  private static ModelInferRequest.Builder raw(
      String name, String datatype, byte[] bytes, long... shape) {
    return request(input(name, datatype, shape)).addRawInputContents(ByteString.copyFrom(bytes));
  }

  private static InferInputTensor.Builder input(String name, String datatype, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
    for (long extent : shape) {
      input.addShape(extent);
    }
    return input;
  }

  private static InferTensorContents floats(float... values) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float value : values) {
      contents.addFp32Contents(value);
    }
    return contents.build();
  }
}
