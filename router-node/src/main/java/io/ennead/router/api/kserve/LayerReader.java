package io.ennead.router.api.kserve;

import inference.ModelInferRequest;
import io.ennead.errors.ServingException;
import io.ennead.router.api.Caller;
import io.ennead.router.api.kserve.Option.Kind;
import io.ennead.router.generate.ModelInfo;
import io.ennead.v1.DataType;
import io.ennead.v1.Phase;
import io.ennead.v1.Priority;
import io.ennead.v1.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads requests for one layer. Immutable. */
final class LayerReader {
  static final String HIDDEN = "hidden_states";
  static final String OUTPUT = "output";
  static final String IDS = "expert_ids";
  static final String WEIGHTS = "expert_weights";
  private static final List<String> ALL = List.of(OUTPUT, IDS, WEIGHTS);
  private static final Map<String, Phase> PHASES =
      Map.of("prefill", Phase.PHASE_PREFILL, "decode", Phase.PHASE_DECODE);

  private final ModelInfo model;
  private final int layer;
  private final OptionTable<LayerDraft> table = new OptionTable<>(options());

  LayerReader(ModelInfo model, int layer) {
    this.model = model;
    this.layer = layer;
  }

  private static List<Option<LayerDraft>> options() {
    List<Option<LayerDraft>> options = new ArrayList<>();
    RoutingTable.options().stream()
        .filter(option -> !option.name().equals("routing_layers"))
        .forEach(option -> options.add(option.in(draft -> draft.request.getRoutingBuilder())));
    options.add(
        Option.of(
            Kind.WORD,
            "phase",
            (draft, value) -> draft.request.setPhase(value.choice(PHASES)),
            "phase"));
    options.add(
        Option.of(Kind.FLAG, "", (draft, value) -> draft.routing = value.flag(), "return_routing"));
    return options;
  }

  OptionTable<LayerDraft> table() {
    return table;
  }

  /**
   * Reads a request.
   *
   * @throws ServingException INVALID_FIELD and its kin, by this protocol's names
   */
  LayerQuery read(ModelInferRequest request, Caller caller) {
    ReservedParameters reserved = ReservedParameters.read(request.getParametersMap());
    if (reserved.priority() != Priority.PRIORITY_NORMAL) {
      throw ServingException.invalidField("priority", "set", "0: layers have no queue of turns");
    }
    Map<String, InferTensor> inputs = InputTensors.read(request);
    OptionTable<LayerDraft>.Values values = values(request, inputs);
    LayerDraft draft = new LayerDraft();
    values.apply(draft);
    InferTensor hidden = inputs.get(HIDDEN);
    if (hidden == null) {
      throw ServingException.invalidField("inputs", "no hidden_states", "hidden_states");
    }
    draft.request.setModel(model.name()).setLayer(layer).setHidden(tensor(hidden));
    return new LayerQuery(
        draft.request.build(),
        reserved.limit(caller),
        request.getId(),
        InputTensors.raw(request),
        hidden.datatype(),
        outputs(request, draft),
        values.names().with(Map.of("hidden", HIDDEN)));
  }

  private OptionTable<LayerDraft>.Values values(
      ModelInferRequest request, Map<String, InferTensor> inputs) {
    OptionTable<LayerDraft>.Values values = table.new Values();
    inputs.values().stream()
        .filter(tensor -> !tensor.name().equals(HIDDEN))
        .forEach(values::tensor);
    request
        .getParametersMap()
        .forEach(
            (name, parameter) -> {
              if (!ReservedParameters.has(name)) {
                values.parameter(name, parameter);
              }
            });
    return values;
  }

  /** The bytes as they came: both sides write rows alike. */
  private static Tensor tensor(InferTensor hidden) {
    return Tensor.newBuilder()
        .setDataType(type(hidden.datatype()))
        .addAllShape(hidden.shape())
        .setData(hidden.raw())
        .build();
  }

  private static DataType type(Datatype datatype) {
    return switch (datatype) {
      case FP32 -> DataType.DATA_TYPE_F32;
      case FP16 -> DataType.DATA_TYPE_F16;
      case BF16 -> DataType.DATA_TYPE_BF16;
      default -> throw Datatype.mismatch(HIDDEN, datatype.name(), "FP32, FP16 or BF16");
    };
  }

  private static List<String> outputs(ModelInferRequest request, LayerDraft draft) {
    Set<String> asked = RequestedOutputs.names(request);
    for (String name : asked) {
      if (!ALL.contains(name)) {
        throw RequestedOutputs.unknown(name);
      }
    }
    if (!asked.isEmpty()) {
      return List.copyOf(asked);
    }
    return draft.routing ? ALL : List.of(OUTPUT);
  }
}
