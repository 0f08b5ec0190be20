package io.ennead.router.api.kserve;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import inference.InferParameter;
import inference.ModelInferRequest;
import inference.ModelInferResponse;
import inference.ModelStreamInferResponse;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.api.Caller;
import io.ennead.router.api.Outbox;
import io.ennead.router.generate.Generation;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * One stream of requests and the stream of their responses, which carry the requests' ids and come
 * as they are made. A failure is the response to its request and ends nothing else. No more than
 * {@value #MAX_OPEN} requests are open at once; the next ones wait with the client. Thread-safe.
 */
final class StreamCall implements StreamObserver<ModelInferRequest> {
  static final int MAX_OPEN = 64;

  private final ServerCallStreamObserver<ModelStreamInferResponse> call;
  private final Outbox<ModelStreamInferResponse> outbox;
  private final Caller caller;
  private final Inference inference;

  @GuardedBy("this")
  private long requests;

  @GuardedBy("this")
  private int open;

  @GuardedBy("this")
  private boolean halfClosed;

  StreamCall(
      ServerCallStreamObserver<ModelStreamInferResponse> call,
      Outbox<ModelStreamInferResponse> outbox,
      Caller caller,
      Inference inference) {
    this.call = call;
    this.outbox = outbox;
    this.caller = caller;
    this.inference = inference;
  }

  /** What takes a request, and refuses it by telling its replies. */
  interface Inference {
    Generation start(ModelInferRequest request, Caller caller, Replies replies);
  }

  /** Lets requests in; to be called while the call begins. */
  void begin() {
    call.disableAutoRequest();
    call.request(MAX_OPEN);
  }

  @Override
  public void onNext(ModelInferRequest request) {
    Caller numbered;
    synchronized (this) {
      requests++;
      open++;
      numbered = caller.numbered(requests);
    }
    RequestReplies replies = new RequestReplies(request);
    replies.attach(inference.start(request, numbered, replies));
  }

  /** The outbox learns of it by itself. */
  @Override
  public void onError(Throwable failure) {}

  @Override
  public void onCompleted() {
    synchronized (this) {
      halfClosed = true;
    }
    completeWhenIdle();
  }

  private void ended() {
    synchronized (this) {
      open--;
    }
    call.request(1);
    completeWhenIdle();
  }

  private void completeWhenIdle() {
    boolean idle;
    synchronized (this) {
      idle = halfClosed && open == 0;
    }
    if (idle) {
      outbox.complete();
    }
  }

  /** The responses to one request. */
  private final class RequestReplies implements Replies {
    private final ModelInferRequest request;

    @GuardedBy("this")
    private @Nullable Generation running;

    @GuardedBy("this")
    private boolean done;

    RequestReplies(ModelInferRequest request) {
      this.request = request;
    }

    /** Work that ended before it was known here is cancelled, which harms nothing. */
    void attach(Generation generation) {
      outbox.attach(generation);
      boolean late;
      synchronized (this) {
        running = generation;
        late = done;
      }
      if (late) {
        drop(generation);
      }
    }

    private void drop(Generation generation) {
      outbox.detach(generation);
      generation.cancel();
    }

    @Override
    public void send(ModelInferResponse response) {
      outbox.send(told(response, false));
    }

    @Override
    public void last(ModelInferResponse response) {
      outbox.send(told(response, true));
      end();
    }

    private static ModelStreamInferResponse told(ModelInferResponse response, boolean last) {
      return ModelStreamInferResponse.newBuilder()
          .setInferResponse(
              response.toBuilder()
                  .putParameters(
                      "triton_final_response",
                      InferParameter.newBuilder().setBoolParam(last).build()))
          .build();
    }

    /** The id says whose failure it is, since several requests are open. */
    @Override
    public void fail(Throwable failure) {
      StatusRuntimeException status = GrpcErrors.toStatus(failure);
      ModelInferResponse.Builder response =
          ModelInferResponse.newBuilder()
              .setModelName(request.getModelName())
              .setId(request.getId())
              .putParameters("error_code", text(status.getStatus().getCode().name()));
      if (failure instanceof ServingException error) {
        response.putParameters("error_reason", text(GrpcErrors.label(error.reason())));
        error
            .retryAfter()
            .ifPresent(
                after ->
                    response.putParameters(
                        "retry_after_ms",
                        InferParameter.newBuilder().setInt64Param(after.toMillis()).build()));
      }
      outbox.send(
          told(response.build(), true).toBuilder().setErrorMessage(message(status)).build());
      end();
    }

    private static InferParameter text(String value) {
      return InferParameter.newBuilder().setStringParam(value).build();
    }

    private static String message(StatusRuntimeException failure) {
      Status status = failure.getStatus();
      String description = status.getDescription();
      return description == null ? status.getCode().name() : description;
    }

    private void end() {
      Generation ended;
      synchronized (this) {
        if (done) {
          return;
        }
        done = true;
        ended = running;
      }
      if (ended != null) {
        drop(ended);
      }
      StreamCall.this.ended();
    }
  }
}
