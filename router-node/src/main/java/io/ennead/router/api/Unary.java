package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** Calls with one answer, which is there at once. */
public final class Unary {
  private Unary() {}

  /** Answers with what {@code work} gives, or with the status of what it throws. */
  public static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    T response;
    try {
      response = work.get();
    } catch (RuntimeException e) {
      observer.onError(GrpcErrors.toStatus(e));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }
}
