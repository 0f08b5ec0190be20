package io.ennead.router.api;

import io.ennead.router.generate.ScoredToken;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.v1.SoftLabelsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;

/** Labels as they come: a message for each pass. */
final class StreamedLabels extends StreamedText<SoftLabelsResponse> {
  private final LabelMessages messages;
  private final int first;
  private final long start = System.nanoTime();
  private List<SoftLabel> waiting = List.of();
  private int sent;
  private double seconds;

  StreamedLabels(
      ServerCallStreamObserver<SoftLabelsResponse> call,
      TextJob job,
      LabelMessages messages,
      SlowReaders readers,
      Runnable release) {
    super(call, readers, release);
    this.first = job.from();
    this.messages = messages;
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
  boolean waiting() {
    return !waiting.isEmpty();
  }

  @Override
  SoftLabelsResponse next() {
    return messages.rows(first + sent, waiting);
  }

  @Override
  void sent() {
    sent += waiting.size();
    waiting = List.of();
    taken();
  }

  @Override
  void drop() {
    waiting = List.of();
  }

  @Override
  SoftLabelsResponse summary(TextScores of) {
    return messages.summary(sent, seconds);
  }
}
