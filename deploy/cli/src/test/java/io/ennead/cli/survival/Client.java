package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.InferenceServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
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

  /** Sends a request; {@code number} says which one it is, -1: none that has an answer. */
  RecordedCall send(int number, GenerateRequest request, Duration limit) {
    return send(number, request, limit, false);
  }

  /** Like {@link #send}, but reads only when told. */
  RecordedCall sendAndReadWhenTold(int number, GenerateRequest request, Duration limit) {
    return send(number, request, limit, true);
  }

  private RecordedCall send(
      int number, GenerateRequest request, Duration limit, boolean readsWhenTold) {
    Recording recording = history.begin(number, name, limit.toNanos() / 1000);
    RecordedCall call = new RecordedCall(recording, readsWhenTold);
    InferenceServiceGrpc.newStub(channel)
        .withInterceptors(call.trailers())
        .withDeadlineAfter(limit.toNanos(), TimeUnit.NANOSECONDS)
        .generate(request, call);
    return call;
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
