package io.ennead.router.api;

import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import java.util.List;

/** What a call of a layer asks for; its tensor is checked, but decoded only in its turn. */
record LayerJob(
    ServedModel model,
    int layer,
    Phase phase,
    RoutingOptions routing,
    TraceOptions trace,
    Tensor hidden,
    int rows,
    Tenant tenant,
    DegradedTrailer.Note trailer) {
  /** The field of the activations. */
  static final String HIDDEN = "hidden";

  /**
   * Reads and checks a request.
   *
   * @param maxTokens of one call
   * @param seed when the request has none
   */
  static LayerJob read(
      MoeServiceForwardRequest request,
      ServedModel model,
      int maxTokens,
      long seed,
      Tenant tenant,
      DegradedTrailer.Note trailer) {
    return new LayerJob(
        model,
        layer(request, model.info()),
        Options.phase(request.getPhase(), request.getPhaseValue()),
        RoutingReader.read(request.getRouting(), model, seed),
        trace(request, model),
        request.getHidden(),
        rows(request.getHidden(), model.info().hiddenSize(), maxTokens),
        tenant,
        trailer);
  }

  /** The same among the experts of these packs. */
  LayerJob among(GatePacks packs) {
    return new LayerJob(
        model, layer, phase, routing.among(packs), trace, hidden, rows, tenant, trailer);
  }

  /** Of the one layer that runs. */
  private static TraceOptions trace(MoeServiceForwardRequest request, ServedModel model) {
    if (request.getTrace().getLayersCount() > 0) {
      throw ServingException.invalidField(
          "trace.layers", request.getTrace().getLayersList(), "none: one layer runs");
    }
    if (request.getTrace().getOmitPrompt()) {
      throw ServingException.invalidField(
          "trace.omit_prompt", true, "false: rows are not told apart");
    }
    TraceOptions options = TraceReader.read(request.getTrace(), model);
    return new TraceOptions(
        options.level(), List.of(request.getLayer()), false, options.maxBytes());
  }

  private static int layer(MoeServiceForwardRequest request, ModelInfo model) {
    long layer = Integer.toUnsignedLong(request.getLayer());
    if (layer >= model.layers() || !model.moeLayers().contains((int) layer)) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_LAYER_UNKNOWN, "layer", layer, "one of " + model.moeLayers());
    }
    return (int) layer;
  }

  private static int rows(Tensor tensor, int width, int maxTokens) {
    int rows = TensorCodec.requireMatrix(tensor, HIDDEN, width);
    if (rows == 0) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH,
          HIDDEN + ".shape",
          tensor.getShapeList(),
          "[at least 1, %d]".formatted(width));
    }
    if (rows > maxTokens) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
          HIDDEN + ".shape",
          rows + " tokens",
          "at most " + maxTokens);
    }
    return rows;
  }
}
