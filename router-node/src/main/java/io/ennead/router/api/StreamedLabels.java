package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.router.score.TextScoring;
import io.ennead.v1.SoftLabelsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends labels as they come, while the transport takes them; one pass's wait here otherwise, and
 * the next pass waits with them, until the client has taken nothing for too long. Called in turn
 * with the scoring's own events.
 */
final class StreamedLabels implements ScoreCalls.Writer {
  private final ServerCallStreamObserver<SoftLabelsResponse> call;
  private final LabelMessages messages;
  private final SlowReaders readers;
  private final Runnable release;
  private final int first;
  private final long start = System.nanoTime();
  private List<SoftLabel> waiting = List.of();
  private int sent;
  private double seconds;
  private boolean finished;
  private boolean closed;
  private @Nullable TextScoring scoring;
  private SlowReaders.@Nullable Watch watch;

  StreamedLabels(
      ServerCallStreamObserver<SoftLabelsResponse> call,
      TextJob job,
      LabelMessages messages,
      SlowReaders readers,
      Runnable release) {
    this.call = call;
    this.first = job.from();
    this.messages = messages;
    this.readers = readers;
    this.release = release;
  }

  @Override
  public void attach(TextScoring started) {
    scoring = started;
    watch = readers.over(() -> started.handle(this::stalled));
    call.setOnReadyHandler(() -> started.handle(this::drain));
  }

  @Override
  public void scored(List<ScoredToken> tokens) {
    throw new IllegalStateException("scores of a text that is labelled");
  }

  @Override
  public void labelled(List<SoftLabel> labels) {
    seconds = (System.nanoTime() - start) / 1e9;
    waiting = labels;
    if (labels.isEmpty()) {
      taken();
    }
    drain();
  }

  @Override
  public void finished(TextScores scores) {
    finished = true;
    drain();
  }

  @Override
  public void failed(Throwable failure) {
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
      waiting = List.of();
      ending.run();
      release.run();
    }
  }

  private void drain() {
    boolean moved = open() && call.isReady() && !waiting.isEmpty();
    if (moved) {
      call.onNext(messages.rows(first + sent, waiting));
      sent += waiting.size();
      waiting = List.of();
      taken();
    }
    if (waiting.isEmpty() && finished) {
      close(this::complete);
    }
    if (watch != null) {
      watch.note(open() && !waiting.isEmpty(), moved);
    }
  }

  private void complete() {
    call.onNext(messages.summary(sent, seconds));
    call.onCompleted();
  }

  private void taken() {
    if (scoring != null) {
      scoring.taken();
    }
  }
}
