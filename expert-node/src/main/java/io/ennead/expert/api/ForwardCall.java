package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.pack.PackSource;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.Tensor;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import io.ennead.wire.TensorCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A Forward request that has been checked against what the node serves.
 *
 * @param layer layer index
 * @param tile which tile the kernels use
 * @param rows [n, hidden]
 * @param slices which rows each expert computes
 * @param rowType type of the request's rows, and so of the reply's
 */
record ForwardCall(int layer, Tile tile, Rows rows, List<Slice> slices, DataType rowType) {

  /**
   * Checks everything before anything is allocated for it.
   *
   * @param maxReplyBytes bound on the outputs' bytes
   * @throws ServingException naming the first field that is wrong
   */
  static ForwardCall decode(
      ExpertServiceForwardRequest request, ServedExperts served, int maxReplyBytes) {
    served.requireModel(request.getModelFingerprint());
    int layer = layer(request, served);
    Tile tile = tile(request);
    DataType type = rowType(request.getRows(), served.type());
    Rows rows = TensorCodec.rows(request.getRows(), "rows", served.model().hiddenSize());
    List<Slice> slices = slices(request, rows.count(), layer, served);
    requireReplyFits(slices, served.model().hiddenSize(), type, maxReplyBytes);
    return new ForwardCall(layer, tile, rows, slices, type);
  }

  private static int layer(ExpertServiceForwardRequest request, ServedExperts served) {
    List<LayerConfig> layers = served.model().layers();
    boolean known = Integer.compareUnsigned(request.getLayer(), layers.size()) < 0;
    if (!known || layers.get(request.getLayer()).experts().isEmpty()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_LAYER_UNKNOWN,
          "layer",
          Integer.toUnsignedString(request.getLayer()),
          "a layer with experts, of 0 to " + (layers.size() - 1));
    }
    return request.getLayer();
  }

  private static Tile tile(ExpertServiceForwardRequest request) {
    return switch (request.getPhase()) {
      case PHASE_DECODE -> Tile.DECODE;
      case PHASE_PREFILL, PHASE_UNSPECIFIED -> Tile.PREFILL;
      case UNRECOGNIZED ->
          throw ServingException.invalidField(
              "phase", request.getPhaseValue(), "PHASE_DECODE or PHASE_PREFILL");
    };
  }

  private static DataType rowType(Tensor rows, ComputeType computed) {
    DataType type = rows.getDataType();
    if (type != DataType.DATA_TYPE_F32) {
      TensorCodec.requireType(rows, "rows", computed.wireType());
    }
    return type;
  }

  private static List<Slice> slices(
      ExpertServiceForwardRequest request, int rows, int layer, ServedExperts served) {
    if (request.getSlicesCount() == 0) {
      throw ServingException.invalidField("slices", "none", "at least one");
    }
    List<Slice> slices = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (ExpertSlice slice : request.getSlicesList()) {
      int index = slices.size();
      int expert = expert(slice, index, layer, served);
      if (!seen.add(expert)) {
        throw ServingException.invalidField(field(index, "expert"), expert, "each expert once");
      }
      slices.add(new Slice(expert, indices(slice, index, rows)));
    }
    return slices;
  }

  // Made only for what is wrong: formatting takes longer than all other checks of a small call.
  private static String field(int index, String name) {
    return "slices[%d].%s".formatted(index, name);
  }

  private static int expert(ExpertSlice slice, int index, int layer, ServedExperts served) {
    int experts = served.model().experts();
    int expert = slice.getExpert();
    boolean possible = Integer.compareUnsigned(expert, experts + PackSource.MAX_IDS) < 0;
    if (!possible) {
      throw ServingException.invalidField(
          field(index, "expert"),
          Integer.toUnsignedString(expert),
          "0 to %d, or the id of a pack's".formatted(experts - 1));
    }
    if (!served.computes(new ExpertId(layer, expert))) {
      throw ServingException.expertNotLoaded(layer, expert, served.generation());
    }
    return expert;
  }

  private static int[] indices(ExpertSlice slice, int index, int rows) {
    if (slice.getRowsCount() == 0) {
      throw ServingException.invalidField(field(index, "rows"), "none", "at least one");
    }
    int[] indices = new int[slice.getRowsCount()];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = slice.getRows(i);
      if (Integer.compareUnsigned(indices[i], rows) >= 0) {
        throw ServingException.invalidField(
            field(index, "rows"),
            Integer.toUnsignedString(indices[i]),
            "indices of the %d rows".formatted(rows));
      }
    }
    return indices;
  }

  private static void requireReplyFits(
      List<Slice> slices, int hidden, DataType type, int maxReplyBytes) {
    long outputs = slices.stream().mapToLong(slice -> slice.rows().length).sum();
    long fitting = maxReplyBytes / ((long) hidden * TensorCodec.bytesPerElement(type));
    if (outputs > fitting) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
          "slices",
          outputs + " rows",
          "at most %d, what one reply may carry".formatted(fitting));
    }
  }
}
