package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.CallingTenant;
import io.ennead.router.api.Prompts.Limit;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ScoreJob.Labels;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextJob.LabelPasses;
import io.ennead.v1.DataType;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.wire.TensorCodec;
import java.util.function.LongSupplier;

/** Reads requests for soft labels. What is not allowed is an INVALID_FIELD. */
final class LabelReader {
  static final int MAX_TOP = 1024;

  /** Bytes of a message's rows; what is computed and not yet read is as much. */
  static final int MAX_MESSAGE_BYTES = 2 << 20;

  private final LongSupplier seeds;

  /** A reader that gives seeds to requests that bring none. */
  LabelReader(LongSupplier seeds) {
    this.seeds = seeds;
  }

  /** A text that fits the context; its last token is not computed and needs no place in it. */
  TextJob read(ServedModel model, SoftLabelsRequest request) {
    int top = top(request);
    int rowBytes = rowBytes(model.info(), top, request);
    int[] tokens = Prompts.read(model, request, Limit.context(model.info(), 1));
    int last = Math.max(1, tokens.length - 1);
    return TextJob.labelled(
        tokens,
        ScoreReader.within("from", request.hasFrom(), request.getFrom(), 1, 1, last),
        new LabelPasses(
            new Labels(1 / (temperature(request) + 0.0), top, request.hasHiddenStates()),
            Math.max(1, MAX_MESSAGE_BYTES / rowBytes)),
        RoutingReader.readWhole(request.getRouting(), model, seeds.getAsLong()),
        CallDeadline.nanos(),
        Claims.read(request.getPriority(), request.getPriorityValue(), CallingTenant.current()));
  }

  /** How many of the most likely tokens; 0: whole rows. */
  private static int top(SoftLabelsRequest request) {
    return switch (request.getFormCase()) {
      case TOP -> ScoreReader.within("top", true, request.getTop(), 0, 1, MAX_TOP);
      case FULL -> {
        requireRowType("full", request.getFull());
        yield 0;
      }
      case FORM_NOT_SET -> throw ServingException.invalidField("form", "not set", "top or full");
    };
  }

  private static void requireRowType(String field, DataType type) {
    if (type != DataType.DATA_TYPE_F32 && type != DataType.DATA_TYPE_F16) {
      throw ServingException.invalidField(field, type, "DATA_TYPE_F32 or DATA_TYPE_F16");
    }
  }

  private static int rowBytes(ModelInfo model, int top, SoftLabelsRequest request) {
    int vocabulary = model.vocabularySize();
    int labels =
        top == 0
            ? vocabulary * TensorCodec.bytesPerElement(request.getFull())
            : Math.min(top, vocabulary) * (Integer.BYTES + Float.BYTES) + Float.BYTES;
    return labels + hiddenBytes(model, request);
  }

  private static int hiddenBytes(ModelInfo model, SoftLabelsRequest request) {
    if (!request.hasHiddenStates()) {
      return 0;
    }
    requireRowType("hidden_states", request.getHiddenStates());
    return model.hiddenSize() * TensorCodec.bytesPerElement(request.getHiddenStates());
  }

  private static double temperature(SoftLabelsRequest request) {
    double temperature = request.hasTemperature() ? request.getTemperature() : 1;
    if (Double.isNaN(temperature)) {
      throw ServingException.invalidField("temperature", temperature, "a number");
    }
    return temperature;
  }
}
