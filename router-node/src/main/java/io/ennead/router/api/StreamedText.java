package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.ennead.router.score.TextScores;
import io.ennead.router.score.TextScoring;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is computed of a text as it comes, while the transport takes it; what it does not take
 * waits, and the computation waits with it, until the client has taken nothing for too long. Called
 * in turn with the scoring's own events.
 *
 * @param <R> the messages
 */
abstract class StreamedText<R> implements ScoreCalls.Writer {
  private final ServerCallStreamObserver<R> call;
  private final SlowReaders readers;
  private final Runnable release;
  private @Nullable TextScores scores;
  private boolean closed;
  private @Nullable TextScoring scoring;
  private SlowReaders.@Nullable Watch watch;

  StreamedText(ServerCallStreamObserver<R> call, SlowReaders readers, Runnable release) {
    this.call = call;
    this.readers = readers;
    this.release = release;
  }

  /** Whether there is something to send. */
  abstract boolean waiting();

  /** The next message, of what waits. */
  abstract R next();

  /** The next message has been sent. */
  abstract void sent();

  /** Forgets what waits. */
  abstract void drop();

  /** The last message. */
  abstract R summary(TextScores of);

  @Override
  public final void attach(TextScoring started) {
    scoring = started;
    watch = readers.over(() -> started.handle(this::stalled));
    call.setOnReadyHandler(() -> started.handle(this::drain));
  }

  @Override
  public final void finished(TextScores whole) {
    scores = whole;
    drain();
  }

  @Override
  public final void failed(Throwable failure) {
    close(() -> call.onError(GrpcErrors.toStatus(failure)));
  }

  private void stalled() {
    if (open() && scoring != null) {
      scoring.cancel();
      close(() -> call.onError(GrpcErrors.toStatus(readers.stalled())));
    }
  }

  private boolean open() {
    return !closed && !call.isCancelled();
  }

  private void close(Runnable ending) {
    if (open()) {
      closed = true;
      drop();
      ending.run();
      release.run();
    }
  }

  /** Sends what the transport takes. */
  final void drain() {
    boolean moved = false;
    while (open() && call.isReady() && waiting()) {
      call.onNext(next());
      moved = true;
      sent();
    }
    TextScores whole = scores;
    if (!waiting() && whole != null) {
      close(() -> complete(whole));
    }
    if (watch != null) {
      watch.note(open() && waiting(), moved);
    }
  }

  private void complete(TextScores whole) {
    call.onNext(summary(whole));
    call.onCompleted();
  }

  /** What was computed last need not be kept: the computation goes on. */
  final void taken() {
    if (scoring != null) {
      scoring.taken();
    }
  }
}
