package io.ennead.client;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceImplBase;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TokenScore;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.grpc.Context;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A router without a model on a real loopback port. A prompt is answered by its own words, one per
 * piece; the prompt "forever" gets one piece and no end; a prompt of ids gets one piece for each
 * token asked for.
 */
public final class FakeRouter extends InferenceServiceImplBase implements AutoCloseable {
  public final List<GenerateRequest> requests = new CopyOnWriteArrayList<>();
  final CountDownLatch cancelled = new CountDownLatch(1);

  /** What the next calls of Generate and Tokenize fail with, before they have answered anything. */
  final Queue<ServingException> failures = new ConcurrentLinkedQueue<>();

  final AtomicInteger calls = new AtomicInteger();
  private final Server server;

  /** Serves on a free port. */
  public FakeRouter() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
  }

  /** Where it serves. */
  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<GenerateResponse> response) {
    Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
    requests.add(request);
    if (failed(response)) {
      return;
    }
    if (request.hasTokenIds()) {
      int prompt = request.getTokenIds().getIdsCount();
      answer(prompt, "x ".repeat(request.getStopping().getMaxTokens()).split("(?<= )"), response);
      return;
    }
    if (request.getText().equals("forever")) {
      response.onNext(piece("forever"));
      return;
    }
    answer(1, request.getText().split("(?<= )"), response);
  }

  @Override
  public void scoreStream(
      ScoreStreamRequest request, StreamObserver<ScoreStreamResponse> response) {
    Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
    String text = request.getScore().getText();
    List<String> words = List.of(text.split(" ", -1));
    for (String word : words) {
      TokenScore token = TokenScore.newBuilder().setText(word).build();
      response.onNext(ScoreStreamResponse.newBuilder().addTokens(token).build());
    }
    if (!text.equals("forever")) {
      ScoreSummary summary = ScoreSummary.newBuilder().setTokens(words.size()).build();
      response.onNext(ScoreStreamResponse.newBuilder().setSummary(summary).build());
      response.onCompleted();
    }
  }

  private static void answer(
      int promptTokens, String[] words, StreamObserver<GenerateResponse> response) {
    Arrays.stream(words).forEach(word -> response.onNext(piece(word)));
    Finish finish =
        Finish.newBuilder()
            .setReason(FinishReason.FINISH_REASON_EOS)
            .setPromptTokens(promptTokens)
            .setGeneratedTokens(words.length)
            .setSeed(7)
            .build();
    response.onNext(GenerateResponse.newBuilder().setFinish(finish).build());
    response.onCompleted();
  }

  private static GenerateResponse piece(String word) {
    return GenerateResponse.newBuilder().setText(word).addTokenIds(word.length()).build();
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> response) {
    if (failed(response)) {
      return;
    }
    if (request.getText().isEmpty()) {
      response.onError(Status.INVALID_ARGUMENT.withDescription("text: empty").asException());
      return;
    }
    response.onNext(TokenizeResponse.newBuilder().addIds(request.getText().length()).build());
    response.onCompleted();
  }

  private boolean failed(StreamObserver<?> response) {
    calls.incrementAndGet();
    ServingException failure = failures.poll();
    if (failure != null) {
      response.onError(GrpcErrors.toStatus(failure));
    }
    return failure != null;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
