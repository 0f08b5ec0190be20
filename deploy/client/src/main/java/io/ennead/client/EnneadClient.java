package io.ennead.client;

import io.ennead.errors.ServingException;
import io.ennead.node.Dialer;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DeleteFeedbackRequest;
import io.ennead.v1.DeleteFeedbackResponse;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.DetokenizeResponse;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.ListModelsRequest;
import io.ennead.v1.ListModelsResponse;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RecordFeedbackResponse;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.ennead.wire.WireLimits;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A connection to one router. Every call takes the time it may last, and fails with a {@link
 * ServingException} whose reason says why.
 *
 * <p>Safe for use by several threads; all calls share one HTTP/2 connection. Closing ends the calls
 * that still run.
 */
public final class EnneadClient implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final ManagedChannel channel;
  private final Retries retries;

  private EnneadClient(ManagedChannel channel, RetryPolicy policy) {
    this.channel = channel;
    this.retries = new Retries(policy);
  }

  /**
   * Begins a client of the router at {@code host:port}: no TLS, no key, {@link RetryPolicy#DEFAULT}
   * unless told otherwise.
   */
  public static EnneadClientBuilder builder(String address) {
    return new EnneadClientBuilder(address);
  }

  /**
   * A client of the router at {@code host:port} that shows every failure. Connects with the first
   * call, and again whenever the connection is lost.
   */
  public static EnneadClient connect(String address) {
    return connect(address, Dialer.PLAINTEXT);
  }

  /** Like the other, with TLS or an API key. */
  public static EnneadClient connect(String address, Dialer dialer) {
    return connect(address, dialer, RetryPolicy.NONE);
  }

  static EnneadClient connect(String address, Dialer dialer, RetryPolicy policy) {
    return new EnneadClient(
        dialer.to(address).maxInboundMessageSize(WireLimits.MAX_MESSAGE_BYTES).build(), policy);
  }

  /** Connects now; false when there is no connection within {@code limit}. */
  public boolean awaitConnected(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    ConnectivityState state = channel.getState(true);
    while (state != ConnectivityState.READY) {
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      if (!changed.await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        return false;
      }
      state = channel.getState(true);
    }
    return true;
  }

  /** Continues a prompt; pieces come as they are made, read by the calling thread. */
  public Generation generate(GenerateRequest request, Duration limit) {
    return new Generation(retries, limit, left -> limited(inference(), left).generate(request));
  }

  /**
   * Continues a prompt; {@code onPiece} sees the pieces on a thread of the client, one at a time:
   * the next one is asked for when it returns. Cancelling the future cancels the request. Not
   * retried.
   */
  public CompletableFuture<Finish> generate(
      GenerateRequest request, Duration limit, Consumer<GenerateResponse> onPiece) {
    GenerationObserver observer = new GenerationObserver(onPiece);
    limited(InferenceServiceGrpc.newStub(channel), limit).generate(request, observer);
    return observer.finish();
  }

  /** Gives the log-probability of each token of a text. */
  public ScoreResponse score(ScoreRequest request, Duration limit) {
    return retried(limit, left -> limited(inference(), left).score(request));
  }

  /** Scores a text of any length; scores come as they are made, read by the calling thread. */
  public Scoring scoreStream(ScoreStreamRequest request, Duration limit) {
    return new Scoring(retries, limit, left -> limited(inference(), left).scoreStream(request));
  }

  /**
   * Asks for the distributions of a text; rows come as they are made, read by the calling thread.
   */
  public Labelling softLabels(SoftLabelsRequest request, Duration limit) {
    return new Labelling(retries, limit, left -> limited(inference(), left).softLabels(request));
  }

  /** Turns text into token ids. */
  public TokenizeResponse tokenize(TokenizeRequest request, Duration limit) {
    return retried(limit, left -> limited(inference(), left).tokenize(request));
  }

  /** Turns token ids into text. */
  public DetokenizeResponse detokenize(DetokenizeRequest request, Duration limit) {
    return retried(limit, left -> limited(inference(), left).detokenize(request));
  }

  /** Lists the models served and their defaults. */
  public ListModelsResponse listModels(Duration limit) {
    return retried(
        limit,
        left -> limited(inference(), left).listModels(ListModelsRequest.getDefaultInstance()));
  }

  /**
   * Rates a response; returns when the rating is durable. A response has one rating, so this is
   * safe to repeat.
   */
  public RecordFeedbackResponse recordFeedback(RecordFeedbackRequest request, Duration limit) {
    return retried(limit, left -> limited(inference(), left).recordFeedback(request));
  }

  /** Deletes the ratings of a response. */
  public DeleteFeedbackResponse deleteFeedback(DeleteFeedbackRequest request, Duration limit) {
    return retried(limit, left -> limited(inference(), left).deleteFeedback(request));
  }

  /** Runs one Mixture-of-Experts layer on activations. */
  public MoeServiceForwardResponse moeForward(MoeServiceForwardRequest request, Duration limit) {
    return retried(
        limit, left -> limited(MoeServiceGrpc.newBlockingStub(channel), left).forward(request));
  }

  /** The health of a service; the empty name asks for the node as a whole. */
  public ServingStatus health(String service, Duration limit) {
    HealthCheckRequest request = HealthCheckRequest.newBuilder().setService(service).build();
    return retried(
        limit,
        left -> limited(HealthGrpc.newBlockingStub(channel), left).check(request).getStatus());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private InferenceServiceBlockingStub inference() {
    return InferenceServiceGrpc.newBlockingStub(channel);
  }

  private static <S extends AbstractStub<S>> S limited(S stub, Duration limit) {
    return stub.withDeadlineAfter(limit);
  }

  private <T> T retried(Duration limit, Function<Duration, T> rpc) {
    return retries.call(limit, left -> typed(() -> rpc.apply(left)));
  }

  static <T> T typed(Supplier<T> rpc) {
    try {
      return rpc.get();
    } catch (StatusRuntimeException e) {
      throw GrpcErrors.fromThrowable(e);
    }
  }
}
