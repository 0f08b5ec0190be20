package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.NodeServer;
import io.ennead.node.Readiness;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.LoadedExpert;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import io.ennead.wire.WireLimits;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An expert node on a loopback port, with experts that are small random matrices and behaviour that
 * the test can change.
 */
public final class FakeExpertNode extends ExpertServiceGrpc.ExpertServiceImplBase
    implements AutoCloseable {
  private final FakeExperts experts;
  private final Queue<ExpertServiceForwardRequest> requests = new ConcurrentLinkedQueue<>();
  private final Queue<String> knownGenerations = new ConcurrentLinkedQueue<>();
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private volatile DescribeNodeResponse description;
  private volatile Consumer<StreamObserver<DescribeNodeResponse>> describe;
  private volatile Function<ExpertServiceForwardRequest, ExpertServiceForwardResponse> forward =
      this::compute;
  private volatile UnaryOperator<ExpertServiceForwardResponse> distortion =
      UnaryOperator.identity();
  private volatile boolean hanging;
  private NodeServer server;
  private int port;

  public FakeExpertNode(String name, FakeExperts experts, Collection<ExpertId> held) {
    this.experts = experts;
    this.description =
        DescribeNodeResponse.newBuilder()
            .setNodeName(name)
            .setGeneration(name + "-1")
            .setModelFingerprint("model")
            .setDtype(experts.dtype().label())
            .setDevice("cpu")
            .setNumericsId("bits")
            .setBatchInvariant(true)
            .setHiddenSize(experts.width())
            .addAllExperts(held.stream().map(FakeExpertNode::loaded).toList())
            .build();
    this.describe = this::answerDescription;
  }

  public static LoadedExpert loaded(ExpertId id) {
    return LoadedExpert.newBuilder()
        .setLayer(id.layer())
        .setExpert(id.expert())
        .setFingerprint("weights-%d-%d".formatted(id.layer(), id.expert()))
        .build();
  }

  /** Listens, on the port of last time if there was one. */
  public FakeExpertNode start() {
    server =
        NodeServer.start(
            new NodeServer.Options(
                "127.0.0.1", port, WireLimits.MAX_MESSAGE_BYTES, false, Duration.ZERO),
            new Readiness(),
            new PrometheusRegistry(),
            List.of(this));
    port = server.port();
    return this;
  }

  public String name() {
    return description.getNodeName();
  }

  public PeerAddress address() {
    return new PeerAddress("127.0.0.1", port);
  }

  /** Ends at once; calls in progress break. */
  @Override
  public void close() {
    server.close();
  }

  public void describeAs(UnaryOperator<DescribeNodeResponse.Builder> change) {
    description = change.apply(description.toBuilder()).build();
  }

  public void onDescribe(Consumer<StreamObserver<DescribeNodeResponse>> behaviour) {
    describe = behaviour;
  }

  public void describeNormally() {
    describe = this::answerDescription;
  }

  public void onForward(
      Function<ExpertServiceForwardRequest, ExpertServiceForwardResponse> behaviour) {
    forward = behaviour;
  }

  /** Answers, but with another message. */
  public void distort(UnaryOperator<ExpertServiceForwardResponse> change) {
    distortion = change;
  }

  /** Forward calls are accepted and never answered. */
  public void hang() {
    hanging = true;
  }

  public Queue<ExpertServiceForwardRequest> requests() {
    return requests;
  }

  public Queue<String> knownGenerations() {
    return knownGenerations;
  }

  /** Counted down when a hanging call is cancelled by the client. */
  public CountDownLatch cancelled() {
    return cancelled;
  }

  @Override
  public void describeNode(DescribeNodeRequest request, StreamObserver<DescribeNodeResponse> out) {
    knownGenerations.add(request.getKnownGeneration());
    describe.accept(out);
  }

  private void answerDescription(StreamObserver<DescribeNodeResponse> out) {
    out.onNext(description);
    out.onCompleted();
  }

  @Override
  public void forward(
      ExpertServiceForwardRequest request, StreamObserver<ExpertServiceForwardResponse> out) {
    requests.add(request);
    if (hanging) {
      ((ServerCallStreamObserver<ExpertServiceForwardResponse>) out)
          .setOnCancelHandler(cancelled::countDown);
      return;
    }
    out.onNext(distortion.apply(forward.apply(request)));
    out.onCompleted();
  }

  public ExpertServiceForwardResponse compute(ExpertServiceForwardRequest request) {
    float[] rows = TensorCodec.floats(request.getRows(), "rows");
    int width = experts.width();
    int count = request.getSlicesList().stream().mapToInt(ExpertSlice::getRowsCount).sum();
    float[] outputs = new float[count * width];
    int at = 0;
    for (ExpertSlice slice : request.getSlicesList()) {
      for (int row : slice.getRowsList()) {
        float[] out = experts.apply(request.getLayer(), slice.getExpert(), rows, row);
        System.arraycopy(out, 0, outputs, at++ * width, width);
      }
    }
    Tensor tensor = TensorCodec.encode(outputs, request.getRows().getDataType(), count, width);
    return ExpertServiceForwardResponse.newBuilder().setOutputs(tensor).build();
  }
}
