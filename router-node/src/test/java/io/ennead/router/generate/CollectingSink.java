package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.RoutingTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** Keeps what a request was told. */
final class CollectingSink implements TokenSink {
  final CompletableFuture<FinishInfo> end = new CompletableFuture<>();
  private final CountDownLatch awaited;
  private final List<Integer> ids = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final List<TokenLogProb> logProbs = new ArrayList<>();
  private final List<RoutingTrace> traces = new ArrayList<>();
  private final List<DrawTrace> draws = new ArrayList<>();

  CollectingSink() {
    this(0);
  }

  /** Counts pieces down for {@link #awaitPieces()}. */
  CollectingSink(int pieces) {
    this.awaited = new CountDownLatch(pieces);
  }

  @Override
  public synchronized void piece(Piece piece) {
    for (int id : piece.tokenIds()) {
      ids.add(id);
    }
    text.append(piece.text());
    logProbs.addAll(piece.logprobs());
    piece.trace().ifPresent(traces::add);
    piece.draw().ifPresent(draws::add);
    awaited.countDown();
  }

  @Override
  public void finished(FinishInfo info) {
    end.complete(info);
  }

  @Override
  public void failed(ServingException failure) {
    end.completeExceptionally(failure);
  }

  void awaitPieces() throws InterruptedException {
    awaited.await();
  }

  synchronized int[] ids() {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  synchronized String text() {
    return text.toString();
  }

  synchronized List<RoutingTrace> traces() {
    return List.copyOf(traces);
  }

  synchronized List<DrawTrace> draws() {
    return List.copyOf(draws);
  }

  synchronized List<TokenLogProb> logProbs() {
    return List.copyOf(logProbs);
  }
}
