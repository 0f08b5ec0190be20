package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import inference.ModelInferResponse;
import inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Adds tensors to a response, raw where the request's were raw. Used by one thread. */
final class OutputTensors {
  private final ModelInferResponse.Builder response;
  private final boolean raw;

  OutputTensors(ModelInferResponse.Builder response, boolean raw) {
    this.response = response;
    this.raw = raw;
  }

  void add(InferTensor tensor) {
    InferOutputTensor.Builder output =
        InferOutputTensor.newBuilder()
            .setName(tensor.name())
            .setDatatype(tensor.datatype().name())
            .addAllShape(tensor.shape());
    if (raw) {
      response.addRawOutputContents(tensor.raw());
    } else {
      output.setContents(TypedContents.typed(tensor));
    }
    response.addOutputs(output);
  }

  void texts(String name, List<String> values) {
    List<ByteString> bytes = values.stream().map(ByteString::copyFromUtf8).toList();
    add(name, Datatype.BYTES, TypedContents.byteStrings(bytes), values.size());
  }

  void ints(String name, Datatype datatype, int[] values, long... shape) {
    ByteBuffer buffer = TypedContents.room(values.length, Integer.BYTES);
    buffer.asIntBuffer().put(values);
    add(name, datatype, UnsafeByteOperations.unsafeWrap(buffer.array()), shape);
  }

  void longs(String name, Datatype datatype, long[] values, long... shape) {
    ByteBuffer buffer = TypedContents.room(values.length, Long.BYTES);
    buffer.asLongBuffer().put(values);
    add(name, datatype, UnsafeByteOperations.unsafeWrap(buffer.array()), shape);
  }

  void floats(String name, float[] values, long... shape) {
    ByteBuffer buffer = TypedContents.room(values.length, Float.BYTES);
    buffer.asFloatBuffer().put(values);
    add(name, Datatype.FP32, UnsafeByteOperations.unsafeWrap(buffer.array()), shape);
  }

  private void add(String name, Datatype datatype, ByteString bytes, long... shape) {
    add(new InferTensor(name, datatype, Arrays.stream(shape).boxed().toList(), bytes));
  }
}
