package io.ennead.router.api.kserve;

import inference.InferParameter;
import inference.ModelInferRequest;
import io.ennead.errors.ServingException;
import io.ennead.router.api.Caller;
import io.ennead.router.generate.ModelInfo;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TraceLevel;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads requests for text. Immutable. */
final class TextReader {
  static final String TEXT = "text_input";
  static final String IDS = "input_ids";
  static final String SAMPLING = "sampling_parameters";
  private static final Set<Datatype> ID_TYPES =
      EnumSet.of(Datatype.INT32, Datatype.INT64, Datatype.UINT32, Datatype.UINT64);

  private final ModelInfo model;
  private final OptionTable<TextDraft> table = TextTable.table();

  TextReader(ModelInfo model) {
    this.model = model;
  }

  OptionTable<TextDraft> table() {
    return table;
  }

  /**
   * Reads a request.
   *
   * @param mayStream whether the call can have several answers
   * @throws ServingException INVALID_FIELD and its kin, by this protocol's names
   */
  TextQuery read(ModelInferRequest request, boolean mayStream, Caller caller) {
    ReservedParameters reserved = ReservedParameters.read(request.getParametersMap());
    Map<String, InferTensor> inputs = InputTensors.read(request);
    OptionTable<TextDraft>.Values values = values(request, inputs);
    TextDraft draft = new TextDraft();
    values.apply(draft);
    prompt(inputs, draft);
    boolean include = includeInput(draft, mayStream);
    Set<TextOutput> outputs = outputs(request, draft);
    draft.request.setModel(model.name()).setPriority(reserved.priority());
    trace(draft, outputs);
    String prompt = draft.request.hasText() ? TEXT : IDS;
    return new TextQuery(
        draft.request.build(),
        reserved.limit(caller),
        request.getId(),
        InputTensors.raw(request),
        draft.stream,
        include,
        outputs,
        values.names().with(Map.of("text", TEXT, "token_ids.ids", IDS, "prompt", prompt)));
  }

  private OptionTable<TextDraft>.Values values(
      ModelInferRequest request, Map<String, InferTensor> inputs) {
    OptionTable<TextDraft>.Values values = table.new Values();
    for (InferTensor tensor : inputs.values()) {
      if (tensor.name().equals(SAMPLING)) {
        values.json(SAMPLING, OptionValue.json(SAMPLING, onlyText(tensor)));
      } else if (!tensor.name().equals(TEXT) && !tensor.name().equals(IDS)) {
        values.tensor(tensor);
      }
    }
    request
        .getParametersMap()
        .forEach(
            (name, parameter) -> {
              if (!ReservedParameters.has(name)) {
                parameter(values, name, parameter);
              }
            });
    return values;
  }

  private static void parameter(
      OptionTable<TextDraft>.Values values, String name, InferParameter parameter) {
    if (name.equals(SAMPLING) && parameter.hasStringParam()) {
      values.json(SAMPLING, OptionValue.json(SAMPLING, parameter.getStringParam()));
    } else {
      values.parameter(name, parameter);
    }
  }

  /** As Triton's backends have it: one text, [1], or [1, 1] where there are batches. */
  private static String onlyText(InferTensor tensor) {
    if (tensor.datatype() != Datatype.BYTES) {
      throw Datatype.mismatch(tensor.name(), tensor.datatype().name(), "BYTES");
    }
    if (tensor.shape().isEmpty() || tensor.shape().size() > 2 || tensor.count() != 1) {
      throw tensor.shapeRefused("[1] or [1, 1]: one text");
    }
    return tensor.texts().get(0);
  }

  private void prompt(Map<String, InferTensor> inputs, TextDraft draft) {
    InferTensor text = inputs.get(TEXT);
    InferTensor ids = inputs.get(IDS);
    if ((text == null) == (ids == null)) {
      throw ServingException.invalidField(
          "inputs", text == null ? "no prompt" : "two prompts", "either text_input or input_ids");
    }
    if (text != null) {
      draft.request.setText(onlyText(text));
    }
    if (ids != null) {
      draft.request.setTokenIds(ids(ids));
    }
    requireLength(ids, draft);
  }

  private TokenIds ids(InferTensor tensor) {
    if (!ID_TYPES.contains(tensor.datatype())) {
      throw Datatype.mismatch(IDS, tensor.datatype().name(), "INT32, INT64, UINT32 or UINT64");
    }
    List<Long> shape = tensor.shape();
    if (shape.isEmpty() || shape.size() > 2 || (shape.size() == 2 && shape.get(0) != 1)) {
      throw tensor.shapeRefused("[tokens] or [1, tokens]: one prompt");
    }
    if (tensor.count() > model.contextLength()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_PROMPT_TOO_LONG,
          IDS,
          tensor.count() + " tokens",
          "at most %d: the context".formatted(model.contextLength()));
    }
    TokenIds.Builder ids = TokenIds.newBuilder();
    int count = tensor.count();
    for (int i = 0; i < count; i++) {
      ids.addIds(id(tensor.integer(i), i));
    }
    return ids.build();
  }

  private int id(long value, int index) {
    if (value < 0 || value >= model.vocabularySize()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE,
          "%s[%d]".formatted(IDS, index),
          value,
          "0 to " + (model.vocabularySize() - 1));
    }
    return (int) value;
  }

  private static void requireLength(@Nullable InferTensor ids, TextDraft draft) {
    if (draft.inputLength.isEmpty()) {
      return;
    }
    int length = draft.inputLength.getAsInt();
    if (ids == null || ids.count() != length) {
      throw ServingException.invalidField(
          "input_lengths", Integer.toUnsignedString(length), "the number of input_ids");
    }
  }

  /** As vLLM's backend has it: without stream the answer begins with the prompt. */
  private static boolean includeInput(TextDraft draft, boolean mayStream) {
    if (draft.stream && !mayStream) {
      throw ServingException.invalidField(
          "stream", true, "false: ModelInfer has one answer, ModelStreamInfer has several");
    }
    boolean include = !draft.excludeInput.orElse(draft.stream);
    if (include && draft.stream) {
      throw ServingException.invalidField(
          "exclude_input_in_output", false, "true, or not set, with stream");
    }
    return include;
  }

  private static Set<TextOutput> outputs(ModelInferRequest request, TextDraft draft) {
    if (request.getOutputsCount() == 0) {
      Set<TextOutput> wanted = usual(draft);
      wanted.addAll(draft.outputs);
      return wanted;
    }
    Set<TextOutput> asked = EnumSet.noneOf(TextOutput.class);
    for (String name : RequestedOutputs.names(request)) {
      asked.add(TextOutput.named(name).orElseThrow(() -> RequestedOutputs.unknown(name)));
    }
    return asked;
  }

  private static Set<TextOutput> usual(TextDraft draft) {
    return draft.request.hasText()
        ? EnumSet.of(TextOutput.TEXT_OUTPUT)
        : EnumSet.of(TextOutput.OUTPUT_IDS, TextOutput.SEQUENCE_LENGTH);
  }

  private static void trace(TextDraft draft, Set<TextOutput> outputs) {
    if (outputs.stream().anyMatch(TextOutput::ofLogprobs) && !draft.request.hasLogprobs()) {
      draft.request.setLogprobs(0);
    }
    if (outputs.stream().anyMatch(TextOutput::ofRouting)) {
      draft.request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_SUMMARY);
    }
  }
}
