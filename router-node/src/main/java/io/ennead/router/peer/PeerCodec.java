package io.ennead.router.peer;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackSource;
import io.ennead.v1.ExpertSelector;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.Phase;
import io.ennead.v1.Tensor;
import io.ennead.wire.Rows;
import io.ennead.wire.TensorCodec;
import java.util.Arrays;
import java.util.List;

/** Messages of {@code ExpertService.Forward}: rows travel in the compute type of the node. */
final class PeerCodec {
  private final Expectations expected;

  PeerCodec(Expectations expected) {
    this.expected = expected;
  }

  String modelFingerprint() {
    return expected.modelFingerprint();
  }

  static List<ExpertSelector> selectors(List<ExpertId> experts) {
    return experts.stream()
        .map(id -> ExpertSelector.newBuilder().setLayer(id.layer()).setExpert(id.expert()).build())
        .toList();
  }

  static io.ennead.v1.PackSource pack(PackSource pack) {
    return io.ennead.v1.PackSource.newBuilder()
        .setName(pack.id().name())
        .setVersion(pack.id().version())
        .setContentSha256(pack.contentHash())
        .setFirstExpert(pack.first())
        .build();
  }

  ExpertServiceForwardRequest encode(PeerRequest request, PeerDescription node) {
    ExpertServiceForwardRequest.Builder message =
        ExpertServiceForwardRequest.newBuilder()
            .setModelFingerprint(expected.modelFingerprint())
            .setNodeGeneration(node.generation())
            .setLayer(request.layer())
            .setPhase(phase(request.tile()))
            .setRows(TensorCodec.encode(request.rows(), expected.dtype().wireType()));
    request.slices().forEach(slice -> message.addSlices(slice(slice)));
    return message.build();
  }

  private static Phase phase(PeerRequest.Tile tile) {
    return switch (tile) {
      case DECODE -> Phase.PHASE_DECODE;
      case PREFILL -> Phase.PHASE_PREFILL;
    };
  }

  private static ExpertSlice slice(PeerRequest.Slice slice) {
    return ExpertSlice.newBuilder()
        .setExpert(slice.expert())
        .addAllRows(Arrays.stream(slice.rows()).boxed().toList())
        .build();
  }

  /**
   * The outputs of a reply.
   *
   * @throws ServingException when they do not fit the request
   */
  Rows decode(ExpertServiceForwardResponse reply, PeerRequest request) {
    Tensor outputs = reply.getOutputs();
    TensorCodec.requireType(outputs, "outputs", expected.dtype().wireType());
    Rows rows = TensorCodec.rows(outputs, "outputs", expected.hiddenSize());
    if (rows.count() != request.outputs()) {
      throw ServingException.invalidField(
          "outputs rows", rows.count(), Integer.toString(request.outputs()));
    }
    return rows;
  }
}
