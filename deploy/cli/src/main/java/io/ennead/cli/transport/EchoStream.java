package io.ennead.cli.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** A stream that stays open: what is sent comes back. One message at a time is under way. */
final class EchoStream implements StreamObserver<byte[]> {
  private final StreamObserver<byte[]> requests;
  private volatile CompletableFuture<byte[]> answer = new CompletableFuture<>();

  @SuppressWarnings("this-escape") // nothing arrives before something is sent
  EchoStream(Channel channel, MethodDescriptor<byte[], byte[]> method) {
    requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), this);
  }

  /** The answer to the last message must have come. */
  Future<byte[]> send(byte[] message) {
    CompletableFuture<byte[]> next = new CompletableFuture<>();
    answer = next;
    requests.onNext(message);
    return next;
  }

  @Override
  public void onNext(byte[] message) {
    answer.complete(message);
  }

  @Override
  public void onError(Throwable failure) {
    answer.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    answer.completeExceptionally(new IllegalStateException("the server ended the stream"));
  }
}
