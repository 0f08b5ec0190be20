package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.ennead.router.moe.CallScope;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * One Mixture-of-Experts layer over gRPC; the client's deadline and departure end the work. Safe
 * for use by several threads.
 */
public final class MoeGrpcService extends MoeServiceGrpc.MoeServiceImplBase {
  private final LayerCalls calls;

  /** A service whose calls run there; they stay the caller's. */
  public MoeGrpcService(LayerCalls calls) {
    this.calls = calls;
  }

  @Override
  public void forward(
      MoeServiceForwardRequest request, StreamObserver<MoeServiceForwardResponse> observer) {
    var call = (ServerCallStreamObserver<MoeServiceForwardResponse>) observer;
    Caller caller = Caller.current();
    CallScope scope = CallScope.until(caller.deadlineNanos());
    call.setOnCancelHandler(scope::cancel);
    try {
      calls.submit(request, caller, scope, new Response(call));
    } catch (RuntimeException e) {
      call.onError(GrpcErrors.toStatus(e));
    }
  }

  private record Response(ServerCallStreamObserver<MoeServiceForwardResponse> call)
      implements LayerCalls.Answer {
    @Override
    public void succeeded(MoeServiceForwardResponse response, long queuedNanos) {
      call.onNext(response);
      call.onCompleted();
    }

    @Override
    public void failed(Throwable failure) {
      call.onError(GrpcErrors.toStatus(failure));
    }
  }
}
