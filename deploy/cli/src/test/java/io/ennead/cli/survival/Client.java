package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A connection to a router whose requests are recorded, errors as they are on the wire. */
final class Client implements AutoCloseable {
  private final String name;
  private final History history;
  private final ManagedChannel channel;

  private Client(String name, History history, ManagedChannel channel) {
    this.name = name;
    this.history = history;
    this.channel = channel;
  }

  static Client connect(String name, String address, History history) {
    return new Client(name, history, NettyChannelBuilder.forTarget(address).usePlaintext().build());
  }

  /** Sends a request; completes with whether it succeeded when its end is in the history. */
  CompletableFuture<Boolean> send(int number, GenerateRequest request, Duration limit) {
    Recording recording = history.begin(number, name, limit.toNanos() / 1000);
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    InferenceServiceGrpc.newStub(channel)
        .withDeadlineAfter(limit.toNanos(), TimeUnit.NANOSECONDS)
        .generate(request, new Observer(recording, ended));
    return ended;
  }

  private record Observer(Recording recording, CompletableFuture<Boolean> ended)
      implements StreamObserver<GenerateResponse> {

    @Override
    public void onNext(GenerateResponse piece) {
      recording.piece(piece);
    }

    @Override
    public void onError(Throwable error) {
      recording.failed(error);
      ended.complete(false);
    }

    @Override
    public void onCompleted() {
      recording.ended(Status.OK, "");
      ended.complete(true);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
