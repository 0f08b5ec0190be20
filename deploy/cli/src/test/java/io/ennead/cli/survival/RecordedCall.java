package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** A request under way whose end goes into the history. Any thread may cancel it. */
final class RecordedCall implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  private final Recording recording;
  private final boolean readsWhenTold;
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private final CompletableFuture<ClientCallStreamObserver<GenerateRequest>> call =
      new CompletableFuture<>();
  private final AtomicReference<Metadata> trailers = new AtomicReference<>();
  private final CountDownLatch firstPiece = new CountDownLatch(1);

  /**
   * A call that has not begun.
   *
   * @param readsWhenTold read one piece, and more with {@link #readOne}
   */
  RecordedCall(Recording recording, boolean readsWhenTold) {
    this.recording = recording;
    this.readsWhenTold = readsWhenTold;
  }

  /** Completes with whether the request succeeded. */
  CompletableFuture<Boolean> ended() {
    return ended;
  }

  /** Passed when the first piece has come, or the end. */
  CountDownLatch firstPiece() {
    return firstPiece;
  }

  /** Reads the trailers of a call that is sent through it. */
  ClientInterceptor trailers() {
    return MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers);
  }

  void cancel() {
    call.join().cancel("the test's client left", null);
  }

  /** Reads one more piece. */
  void readOne() {
    call.join().request(1);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> started) {
    if (readsWhenTold) {
      started.disableAutoRequestWithInitial(1);
    }
    call.complete(started);
  }

  @Override
  public void onNext(GenerateResponse piece) {
    recording.piece(piece);
    firstPiece.countDown();
  }

  @Override
  public void onError(Throwable error) {
    recording.failed(error);
    end(false);
  }

  @Override
  public void onCompleted() {
    recording.trailers(trailers.get());
    recording.ended(Status.OK, "");
    end(true);
  }

  private void end(boolean ok) {
    firstPiece.countDown();
    ended.complete(ok);
  }
}
