package io.ennead.cli.attack;

import com.google.protobuf.ByteString;
import inference.InferParameter;
import inference.ModelInferRequest;
import io.ennead.v1.DataType;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.Tensor;

/** Requests with many fields set, to be changed. */
final class Requests {
  private Requests() {}

  static byte[] generate() {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("The king");
    request
        .getSamplingBuilder()
        .setTemperature(0.5)
        .setTopK(40)
        .setTopP(0.9)
        .setSeed(7)
        .setRepetitionPenalty(1.1)
        .putLogitBias(3, -1.5)
        .addBadWords("queen");
    request.getStoppingBuilder().setMaxTokens(4).addStop("x");
    return request.build().toByteArray();
  }

  static byte[] score() {
    return ScoreRequest.newBuilder()
        .setText("The king said")
        .addTemperatures(0.5)
        .setTop(3)
        .setFitTemperature(true)
        .build()
        .toByteArray();
  }

  static byte[] layer(int hidden) {
    return MoeServiceForwardRequest.newBuilder()
        .setLayer(1)
        .setHidden(rows(hidden))
        .setPhase(Phase.PHASE_DECODE)
        .build()
        .toByteArray();
  }

  static byte[] kserveText() {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("demo");
    request.addInputsBuilder().setName("text_input").setDatatype("BYTES").addShape(1);
    request.addRawInputContents(ByteString.copyFrom(new byte[] {3, 0, 0, 0, 'T', 'h', 'e'}));
    request.addInputsBuilder().setName("max_tokens").setDatatype("INT32").addShape(1);
    request.addRawInputContents(ByteString.copyFrom(new byte[] {4, 0, 0, 0}));
    request.addOutputsBuilder().setName("expert_load");
    request.putParameters("top_p", InferParameter.newBuilder().setDoubleParam(0.9).build());
    return request.build().toByteArray();
  }

  static byte[] kserveLayer(int hidden) {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("moe_layer_1");
    request
        .addInputsBuilder()
        .setName("hidden_states")
        .setDatatype("FP32")
        .addShape(2)
        .addShape(hidden);
    return request.addRawInputContents(rows(hidden).getData()).build().toByteArray();
  }

  static byte[] experts(int hidden) {
    return ExpertServiceForwardRequest.newBuilder()
        .setLayer(1)
        .setPhase(Phase.PHASE_DECODE)
        .setRows(rows(hidden))
        .addSlices(ExpertSlice.newBuilder().setExpert(1).addRows(0).addRows(1))
        .addSlices(ExpertSlice.newBuilder().setExpert(3).addRows(1))
        .build()
        .toByteArray();
  }

  private static Tensor rows(int hidden) {
    return Tensor.newBuilder()
        .setDataType(DataType.DATA_TYPE_F32)
        .addShape(2)
        .addShape(hidden)
        .setData(ByteString.copyFrom(new byte[2 * hidden * Float.BYTES]))
        .build();
  }
}
