package io.ennead.client;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands the pieces of a stream to a consumer and its end to a future. Called by one thread at a
 * time.
 */
final class GenerationObserver
    implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  private final Consumer<GenerateResponse> onPiece;
  private final CompletableFuture<Finish> finish = new CompletableFuture<>();
  private @Nullable Finish last;

  /** A call that fails while it is being sent must not be cancelled under the sender's feet. */
  private volatile boolean ended;

  GenerationObserver(Consumer<GenerateResponse> onPiece) {
    this.onPiece = onPiece;
  }

  CompletableFuture<Finish> finish() {
    return finish;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> call) {
    CompletableFuture<Finish> unused =
        finish.whenComplete(
            (result, error) -> {
              if (error != null && !ended) {
                call.cancel("cancelled by the caller", error);
              }
            });
  }

  @Override
  public void onNext(GenerateResponse piece) {
    if (piece.hasFinish()) {
      last = piece.getFinish();
    }
    try {
      onPiece.accept(piece);
    } catch (RuntimeException e) {
      finish.completeExceptionally(e);
    }
  }

  @Override
  public void onError(Throwable error) {
    ended = true;
    finish.completeExceptionally(GrpcErrors.fromThrowable(error));
  }

  @Override
  public void onCompleted() {
    ended = true;
    if (last == null) {
      finish.completeExceptionally(
          ServingException.engineFailure("the response ended without its last piece", null));
      return;
    }
    finish.complete(last);
  }
}
