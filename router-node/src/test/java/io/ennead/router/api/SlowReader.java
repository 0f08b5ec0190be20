package io.ennead.router.api;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client that takes nothing until the test asks for it through the call. */
final class SlowReader implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  final CompletableFuture<ClientCallStreamObserver<GenerateRequest>> calls =
      new CompletableFuture<>();
  final List<GenerateResponse> received = Collections.synchronizedList(new ArrayList<>());
  final CompletableFuture<Throwable> ended = new CompletableFuture<>();

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> call) {
    call.disableAutoRequestWithInitial(0);
    calls.complete(call);
  }

  @Override
  public void onNext(GenerateResponse response) {
    received.add(response);
  }

  @Override
  public void onError(Throwable failure) {
    ended.complete(failure);
  }

  @Override
  public void onCompleted() {
    ended.complete(null);
  }
}
