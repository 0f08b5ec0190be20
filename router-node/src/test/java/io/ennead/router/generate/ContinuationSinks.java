package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.LayerTrace;
import io.ennead.router.trace.RoutingTrace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/**
 * Keeps what a request of several continuations was told: everything that bits are promised for.
 */
final class ContinuationSinks implements TokenSink {
  private final List<CompletableFuture<FinishInfo>> ends;
  private final List<List<String>> told;
  private final CountDownLatch firstToken = new CountDownLatch(1);

  ContinuationSinks(int n) {
    ends = IntStream.range(0, n).mapToObj(i -> new CompletableFuture<FinishInfo>()).toList();
    told = IntStream.range(0, n).mapToObj(i -> (List<String>) new ArrayList<String>()).toList();
  }

  @Override
  public synchronized void piece(Piece piece) {
    List<String> own = told.get(piece.index());
    for (int id : piece.tokenIds()) {
      own.add("token " + id);
      firstToken.countDown();
    }
    for (TokenLogProb token : piece.logprobs()) {
      own.add("logprob " + token);
    }
    // The prompt's trace is told with the first continuation only.
    piece.trace().filter(trace -> piece.tokenIds().length > 0).ifPresent(t -> own.add(text(t)));
  }

  static String text(RoutingTrace trace) {
    StringBuilder text = new StringBuilder();
    text.append(trace.firstPosition()).append(' ').append(trace.tokens());
    for (LayerTrace layer : trace.layers()) {
      text.append(" layer ")
          .append(layer.layer())
          .append(Arrays.toString(layer.logits()))
          .append(Arrays.toString(layer.probabilities()))
          .append(Arrays.toString(layer.entropies()))
          .append(Arrays.toString(layer.experts()))
          .append(Arrays.toString(layer.weights()))
          .append(Arrays.toString(layer.shares()));
    }
    return text.toString();
  }

  @Override
  public void finished(FinishInfo info) {
    ends.get(info.index()).complete(info);
  }

  @Override
  public void failed(ServingException failure) {
    ends.forEach(end -> end.completeExceptionally(failure));
  }

  FinishInfo finish(int index) {
    return ends.get(index).join();
  }

  List<String> awaitContinuation(int index) throws Exception {
    ends.get(index).get();
    synchronized (this) {
      return List.copyOf(told.get(index));
    }
  }

  void awaitAll() throws Exception {
    for (CompletableFuture<FinishInfo> end : ends) {
      end.get();
    }
  }

  void awaitFirstToken() throws InterruptedException {
    firstToken.await();
  }

  List<Integer> lengths() {
    return ends.stream().map(end -> end.join().generatedTokens()).toList();
  }
}
