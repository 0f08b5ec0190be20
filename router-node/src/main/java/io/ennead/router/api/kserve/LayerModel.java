package io.ennead.router.api.kserve;

import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import inference.InferParameter;
import inference.ModelInferRequest;
import inference.ModelInferResponse;
import io.ennead.errors.ServingException;
import io.ennead.router.api.Caller;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.moe.CallScope;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.Routing;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One Mixture-of-Experts layer: activations in, the weighted sum of the experts' outputs out. */
final class LayerModel implements InferModel {
  private final String name;
  private final ModelInfo info;
  private final int layer;
  private final LayerCalls calls;
  private final LayerReader reader;
  private final ModelCounts counts;

  LayerModel(String name, ModelInfo info, int layer, LayerCalls calls) {
    this.name = name;
    this.info = info;
    this.layer = layer;
    this.calls = calls;
    this.reader = new LayerReader(info, layer);
    this.counts = new ModelCounts(name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, String> properties() {
    return Map.of(
        "model", info.name(),
        "layer", Integer.toString(layer),
        "experts", Integer.toString(info.experts()),
        "experts_per_token", Integer.toString(info.expertsPerToken()));
  }

  @Override
  public List<TensorSpec> inputs() {
    List<TensorSpec> inputs = new ArrayList<>();
    List<Long> rows = List.of(-1L, (long) info.hiddenSize());
    inputs.add(new TensorSpec(LayerReader.HIDDEN, Datatype.FP32, rows, false));
    reader.table().options().forEach(option -> inputs.add(TensorSpec.of(option)));
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    return List.of(
        new TensorSpec(
            LayerReader.OUTPUT, Datatype.FP32, List.of(-1L, (long) info.hiddenSize()), false),
        new TensorSpec(LayerReader.IDS, Datatype.INT32, List.of(-1L, -1L), false),
        new TensorSpec(LayerReader.WEIGHTS, Datatype.FP32, List.of(-1L, -1L), false));
  }

  @Override
  public boolean decoupled() {
    return false;
  }

  @Override
  public ModelCounts counts() {
    return counts;
  }

  @Override
  public Generation infer(
      ModelInferRequest request, boolean mayStream, Caller caller, Replies replies) {
    long begun = System.nanoTime();
    LayerQuery query = reader.read(request, caller);
    CallScope scope = CallScope.until(query.caller().deadlineNanos());
    long read = System.nanoTime() - begun;
    try {
      calls.submit(query.request(), query.caller(), scope, new Answer(query, replies, begun, read));
    } catch (ServingException e) {
      throw query.names().translate(e);
    }
    return scope::cancel;
  }

  /** Writes the answer of one call. */
  private final class Answer implements LayerCalls.Answer {
    private final LayerQuery query;
    private final Replies replies;
    private final long begun;
    private final long read;

    Answer(LayerQuery query, Replies replies, long begun, long read) {
      this.query = query;
      this.replies = replies;
      this.begun = begun;
      this.read = read;
    }

    @Override
    public void succeeded(MoeServiceForwardResponse response, long queuedNanos) {
      long start = System.nanoTime();
      ModelInferResponse written;
      try {
        written = write(query, response);
      } catch (
          Throwable e) { // as LayerCalls: out of memory, too, must not leave the client hanging
        failed(e);
        return;
      }
      replies.last(written);
      long now = System.nanoTime();
      counts.succeeded(new ModelCounts.Nanos(now - begun, read, queuedNanos, now - start));
    }

    @Override
    public void failed(Throwable failure) {
      counts.failed(System.nanoTime() - begun);
      replies.fail(
          failure instanceof ServingException error ? query.names().translate(error) : failure);
    }
  }

  private ModelInferResponse write(LayerQuery query, MoeServiceForwardResponse layerResponse) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(name)
            .setModelVersion(Repository.VERSION)
            .setId(query.id())
            .putParameters(
                "routing_seed",
                InferParameter.newBuilder().setInt64Param(layerResponse.getRoutingSeed()).build());
    DegradedParameters.put(
        layerResponse.getDegraded().getTokens(),
        layerResponse.getDegraded().getExpertsList(),
        response);
    OutputTensors tensors = new OutputTensors(response, query.raw());
    for (String output : query.outputs()) {
      write(output, query, layerResponse, tensors);
    }
    return response.build();
  }

  private static void write(
      String output, LayerQuery query, MoeServiceForwardResponse response, OutputTensors tensors) {
    Routing routing = response.getRouting();
    int k = Math.max(1, routing.getExpertsPerToken());
    switch (output) {
      case LayerReader.OUTPUT -> tensors.add(output(query, response.getOutput()));
      case LayerReader.IDS ->
          tensors.ints(
              output,
              Datatype.INT32,
              Ints.toArray(routing.getExpertIdsList()),
              routing.getExpertIdsCount() / k,
              k);
      case LayerReader.WEIGHTS ->
          tensors.floats(
              output, Floats.toArray(routing.getWeightsList()), routing.getWeightsCount() / k, k);
      default -> throw new IllegalStateException("output: " + output);
    }
  }

  /** Of the type of what was sent; the layer itself gives F32. */
  private static InferTensor output(LayerQuery query, Tensor output) {
    Tensor converted =
        query.datatype() == Datatype.FP32
            ? output
            : TensorCodec.encode(
                TensorCodec.floats(output, LayerReader.OUTPUT),
                query.request().getHidden().getDataType(),
                output.getShape(0),
                output.getShape(1));
    return new InferTensor(
        LayerReader.OUTPUT, query.datatype(), output.getShapeList(), converted.getData());
  }
}
