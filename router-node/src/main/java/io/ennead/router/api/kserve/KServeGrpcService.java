package io.ennead.router.api.kserve;

import inference.ModelConfigRequest;
import inference.ModelConfigResponse;
import inference.ModelInferRequest;
import inference.ModelInferResponse;
import inference.ModelMetadataRequest;
import inference.ModelMetadataResponse;
import inference.ModelReadyRequest;
import inference.ModelReadyResponse;
import inference.ModelStatisticsRequest;
import inference.ModelStatisticsResponse;
import inference.ModelStreamInferResponse;
import inference.RepositoryIndexRequest;
import inference.RepositoryIndexResponse;
import inference.RepositoryIndexResponse.ModelIndex;
import inference.ServerLiveRequest;
import inference.ServerLiveResponse;
import inference.ServerMetadataRequest;
import inference.ServerMetadataResponse;
import inference.ServerReadyRequest;
import inference.ServerReadyResponse;
import io.ennead.errors.ServingException;
import io.ennead.node.Readiness;
import io.ennead.router.api.Caller;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.Outbox;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.api.Unary;
import io.ennead.router.generate.Generation;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;

/**
 * The KServe v2 protocol with Triton's extensions, for clients written for those servers. Safe for
 * use by several threads.
 */
public final class KServeGrpcService extends UnservedMethods {
  private static final List<String> EXTENSIONS =
      List.of("model_configuration", "statistics", "parameters", "schedule_policy");

  private final Repository repository;
  private final Readiness readiness;
  private final SlowReaders readers;

  /**
   * A service of these models.
   *
   * @param calls of their layers; stay the caller's
   * @param readers how long what is not read waits; stays the caller's
   */
  public KServeGrpcService(
      ModelCatalog catalog,
      GenerationReader generations,
      LayerCalls calls,
      Readiness readiness,
      SlowReaders readers) {
    this.repository = new Repository(catalog, generations, calls);
    this.readiness = readiness;
    this.readers = readers;
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
    Unary.answer(observer, () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
    Unary.answer(
        observer, () -> ServerReadyResponse.newBuilder().setReady(readiness.ready()).build());
  }

  /** A model that is not served is not ready, which is no error. */
  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
    boolean ready =
        readiness.ready() && repository.find(request.getName(), request.getVersion()).isPresent();
    Unary.answer(observer, () -> ModelReadyResponse.newBuilder().setReady(ready).build());
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
    Unary.answer(
        observer,
        () ->
            ServerMetadataResponse.newBuilder()
                .setName("ennead")
                .setVersion(version())
                .addAllExtensions(EXTENSIONS)
                .build());
  }

  private static String version() {
    return Optional.ofNullable(KServeGrpcService.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    Unary.answer(
        observer,
        () -> Repository.metadata(repository.require(request.getName(), request.getVersion())));
  }

  @Override
  public void modelConfig(
      ModelConfigRequest request, StreamObserver<ModelConfigResponse> observer) {
    Unary.answer(
        observer,
        () ->
            ModelConfigResponse.newBuilder()
                .setConfig(
                    Repository.config(repository.require(request.getName(), request.getVersion())))
                .build());
  }

  /** Without a name, of all models. */
  @Override
  public void modelStatistics(
      ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> observer) {
    Unary.answer(
        observer,
        () -> {
          List<InferModel> models =
              request.getName().isEmpty()
                  ? repository.all()
                  : List.of(repository.require(request.getName(), request.getVersion()));
          ModelStatisticsResponse.Builder response = ModelStatisticsResponse.newBuilder();
          models.forEach(model -> response.addModelStats(model.counts().message()));
          return response.build();
        });
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
    Unary.answer(observer, () -> index(request));
  }

  private RepositoryIndexResponse index(RepositoryIndexRequest request) {
    if (!request.getRepositoryName().isEmpty()) {
      throw ServingException.invalidField(
          "repository_name", request.getRepositoryName(), "empty: there is one repository");
    }
    boolean ready = readiness.ready();
    RepositoryIndexResponse.Builder response = RepositoryIndexResponse.newBuilder();
    if (ready || !request.getReady()) {
      repository
          .all()
          .forEach(
              model ->
                  response.addModels(
                      ModelIndex.newBuilder()
                          .setName(model.name())
                          .setVersion(Repository.VERSION)
                          .setState(ready ? "READY" : "UNAVAILABLE")
                          .setReason(String.join("; ", readiness.missing()))));
    }
    return response.build();
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
    var call = (ServerCallStreamObserver<ModelInferResponse>) observer;
    Caller caller = Caller.current();
    Outbox<ModelInferResponse> outbox = Outbox.of(call, caller.responseId(), readers);
    outbox.attach(start(request, false, caller, new UnaryReplies(outbox)));
  }

  @Override
  public StreamObserver<ModelInferRequest> modelStreamInfer(
      StreamObserver<ModelStreamInferResponse> observer) {
    var call = (ServerCallStreamObserver<ModelStreamInferResponse>) observer;
    Caller caller = Caller.current();
    StreamCall stream =
        new StreamCall(
            call,
            Outbox.of(call, caller.responseId(), readers),
            caller,
            (request, numbered, replies) -> start(request, true, numbered, replies));
    stream.begin();
    return stream;
  }

  /** Hands a request to its model; a refusal is told to its replies. */
  private Generation start(
      ModelInferRequest request, boolean mayStream, Caller caller, Replies replies) {
    long begun = System.nanoTime();
    Optional<InferModel> model = repository.find(request.getModelName(), request.getModelVersion());
    try {
      return model
          .orElseThrow(() -> repository.unknown(request.getModelName(), request.getModelVersion()))
          .infer(request, mayStream, caller, replies);
    } catch (RuntimeException e) {
      model.ifPresent(known -> known.counts().failed(System.nanoTime() - begun));
      replies.fail(e);
      return () -> {};
    }
  }
}
