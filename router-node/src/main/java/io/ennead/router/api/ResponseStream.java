package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import io.ennead.v1.GenerateResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One response on its way to the client. Pieces are sent while the transport takes them and wait in
 * a bounded buffer while it does not; a reader that falls behind by more is cut off with
 * QUEUE_FULL, one that takes nothing for too long with READER_STALLED, and its generation ends.
 *
 * <p>Pieces come from the generation loop's thread, readiness and cancellation from gRPC's. The
 * observer is called with the lock held, since it wants one caller at a time and the order of the
 * pieces; its calls do not block. The generation is called without it.
 */
final class ResponseStream implements TokenSink {
  private final ServerCallStreamObserver<GenerateResponse> observer;
  private final String responseId;
  private final SlowReaders readers;
  private final SlowReaders.Watch watch;
  private final Queue<GenerateResponse> buffer = new ArrayDeque<>();
  private long bufferedBytes;
  private final DegradedTrailer.Note trailer = DegradedTrailer.ofCall();
  private @Nullable Runnable ending;
  private @Nullable Generation generation;
  private int unfinished = 1;
  private boolean closed;
  private boolean abandoned;

  /** A stream that holds and waits no more than {@code readers} allow. */
  ResponseStream(
      ServerCallStreamObserver<GenerateResponse> observer, String responseId, SlowReaders readers) {
    this.observer = observer;
    this.responseId = responseId;
    this.readers = readers;
    this.watch = readers.over(this::stalled);
  }

  /** Says how many continuations end before the response does; one unless told. */
  synchronized void expect(int continuations) {
    unfinished = continuations;
  }

  /** Says what to cancel when the client leaves; it may have left already. */
  void attach(Generation submitted) {
    boolean late;
    synchronized (this) {
      generation = submitted;
      late = abandoned;
    }
    if (late) {
      submitted.cancel();
    }
  }

  @Override
  public void piece(Piece piece) {
    if (!offer(Responses.piece(responseId, piece))) {
      abandon();
    }
  }

  /** Sends or buffers; false when the buffer is full, which ends the call. */
  private synchronized boolean offer(GenerateResponse response) {
    if (closed) {
      return true;
    }
    drain();
    if (!readers.mayWait(buffer.size() + 1, bufferedBytes + response.getSerializedSize())) {
      cut(readers.overflow(responseId));
      return false;
    }
    put(response);
    drain();
    return true;
  }

  private void put(GenerateResponse response) {
    buffer.add(response);
    bufferedBytes += response.getSerializedSize(); // which the message keeps for its sending
  }

  /** Drops what waits and ends the call. */
  private void cut(ServingException failure) {
    buffer.clear();
    ending = () -> observer.onError(GrpcErrors.toStatus(failure));
    drain();
  }

  private void stalled() {
    synchronized (this) {
      if (closed) {
        return;
      }
      cut(readers.stalled());
    }
    cancelRunning();
  }

  @Override
  public synchronized void finished(FinishInfo info) {
    trailer.add(info.degraded());
    if (!closed) {
      put(Responses.finish(responseId, info));
    }
    unfinished--;
    if (unfinished == 0) {
      end(observer::onCompleted);
    } else {
      drain();
    }
  }

  /** The failure of one continuation ends the others too. */
  @Override
  public void failed(ServingException failure) {
    fail(failure);
    cancelRunning();
  }

  /** Ends the call with an error, after the pieces that wait. */
  synchronized void fail(Throwable failure) {
    end(() -> observer.onError(GrpcErrors.toStatus(failure)));
  }

  private synchronized void end(Runnable action) {
    if (ending == null) {
      ending = action;
      drain();
    }
  }

  /** Sends what the transport takes. */
  synchronized void drain() {
    boolean moved = false;
    while (!closed && !buffer.isEmpty() && observer.isReady()) {
      GenerateResponse response = buffer.remove();
      bufferedBytes -= response.getSerializedSize();
      observer.onNext(response);
      moved = true;
    }
    if (!closed && buffer.isEmpty() && ending != null) {
      closed = true;
      ending.run();
    }
    watch.note(!closed && !buffer.isEmpty(), moved);
  }

  /** The client is gone, or is cut off. */
  void abandon() {
    synchronized (this) {
      closed = true;
      buffer.clear();
      watch.note(false, false);
    }
    cancelRunning();
  }

  private void cancelRunning() {
    Generation running;
    synchronized (this) {
      abandoned = true;
      running = generation;
    }
    if (running != null) {
      running.cancel();
    }
  }
}
