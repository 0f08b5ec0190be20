package io.ennead.router.api;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client that takes nothing until the test asks for it through the call. */
public final class SlowReader<Q, R> implements ClientResponseObserver<Q, R> {
  public final CompletableFuture<ClientCallStreamObserver<Q>> calls = new CompletableFuture<>();
  public final List<R> received = Collections.synchronizedList(new ArrayList<>());
  public final CompletableFuture<Throwable> ended = new CompletableFuture<>();

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> call) {
    call.disableAutoRequestWithInitial(0);
    calls.complete(call);
  }

  @Override
  public void onNext(R response) {
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
