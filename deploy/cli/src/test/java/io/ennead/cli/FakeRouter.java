package io.ennead.cli;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.DetokenizeResponse;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceImplBase;
import io.ennead.v1.ListModelsRequest;
import io.ennead.v1.ListModelsResponse;
import io.ennead.v1.Model;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc.MoeServiceImplBase;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A router without a model on a real loopback port: "word " for every token asked for. */
final class FakeRouter extends InferenceServiceImplBase implements AutoCloseable {
  static final int HIDDEN = 8;
  static final int CONTEXT = 64;

  final List<GenerateRequest> requests = new CopyOnWriteArrayList<>();
  final List<MoeServiceForwardRequest> layers = new CopyOnWriteArrayList<>();
  final FakeTraces traces = new FakeTraces();
  final List<ScoreStreamRequest> scoreRequests = new CopyOnWriteArrayList<>();
  final List<TokenizeRequest> tokenized = new CopyOnWriteArrayList<>();
  final Queue<ServingException> failures = new ConcurrentLinkedQueue<>();
  volatile boolean chatTemplate;
  final HealthStatusManager health = new HealthStatusManager();
  private final Server server;

  FakeRouter() throws IOException {
    this(InsecureServerCredentials.create());
  }

  FakeRouter(ServerCredentials credentials) throws IOException {
    health.setStatus("stopped", ServingStatus.NOT_SERVING);
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), credentials)
            .addService(this)
            .addService(new Layers())
            .addService(health.getHealthService())
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<GenerateResponse> response) {
    requests.add(request);
    ServingException failure = failures.poll();
    if (failure != null) {
      response.onError(GrpcErrors.toStatus(failure));
      return;
    }
    if (request.hasTrace()) {
      traces.generate(request, response);
      return;
    }
    int tokens = request.getStopping().getMaxTokens();
    for (int i = 0; i < tokens; i++) {
      response.onNext(piece(i, request));
    }
    Finish finish =
        Finish.newBuilder()
            .setReason(FinishReason.FINISH_REASON_LENGTH)
            .setGeneratedTokens(tokens)
            .setSeed(-1) // the largest unsigned seed
            .setTimeToFirstTokenSeconds(0.25)
            .setTotalSeconds(0.5)
            .build();
    response.onNext(GenerateResponse.newBuilder().setFinish(finish).build());
    response.onCompleted();
  }

  private static GenerateResponse piece(int id, GenerateRequest request) {
    GenerateResponse.Builder piece = GenerateResponse.newBuilder().setText("wörd ").addTokenIds(id);
    if (request.hasLogprobs()) {
      piece.addLogprobs(
          TokenLogprob.newBuilder().setId(id).setLogprob(-0.5).setSampledLogprob(-0.25));
    }
    return piece.build();
  }

  @Override
  public void scoreStream(
      ScoreStreamRequest request, StreamObserver<ScoreStreamResponse> response) {
    scoreRequests.add(request);
    FakeScores.of(request.getScore()).forEach(response::onNext);
    response.onCompleted();
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> response) {
    tokenized.add(request);
    response.onNext(TokenizeResponse.newBuilder().addAllIds(FakeBytes.ids(request)).build());
    response.onCompleted();
  }

  @Override
  public void detokenize(DetokenizeRequest request, StreamObserver<DetokenizeResponse> response) {
    response.onNext(DetokenizeResponse.newBuilder().setText(FakeBytes.text(request)).build());
    response.onCompleted();
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
    Model model =
        traces
            .model()
            .setName("demo")
            .setVocabularySize(100)
            .setHiddenSize(HIDDEN)
            .setContextLength(CONTEXT)
            .setHasChatTemplate(chatTemplate)
            .build();
    response.onNext(ListModelsResponse.newBuilder().addModels(model).build());
    response.onCompleted();
  }

  /** Layers that give what they get. */
  private final class Layers extends MoeServiceImplBase {
    @Override
    public void forward(
        MoeServiceForwardRequest request, StreamObserver<MoeServiceForwardResponse> response) {
      layers.add(request);
      response.onNext(
          MoeServiceForwardResponse.newBuilder().setOutput(request.getHidden()).build());
      response.onCompleted();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
