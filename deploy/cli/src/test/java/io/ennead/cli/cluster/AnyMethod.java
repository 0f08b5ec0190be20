package io.ennead.cli.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Methods as a server itself lists them, called with an empty message. */
final class AnyMethod {
  private static final long SECONDS = 20;

  private AnyMethod() {}

  /** Full names of all methods of all services that a server has. */
  static List<String> of(Channel channel) throws Exception {
    TreeSet<String> methods = new TreeSet<>();
    ServerReflectionRequest list = ServerReflectionRequest.newBuilder().setListServices("").build();
    for (var service : ask(channel, list).getListServicesResponse().getServiceList()) {
      ServerReflectionRequest files =
          ServerReflectionRequest.newBuilder().setFileContainingSymbol(service.getName()).build();
      for (ByteString file :
          ask(channel, files).getFileDescriptorResponse().getFileDescriptorProtoList()) {
        methods.addAll(methods(service.getName(), file));
      }
    }
    return List.copyOf(methods);
  }

  private static List<String> methods(String service, ByteString file)
      throws InvalidProtocolBufferException {
    FileDescriptorProto parsed = FileDescriptorProto.parseFrom(file);
    return parsed.getServiceList().stream()
        .filter(each -> service.equals(parsed.getPackage() + "." + each.getName()))
        .flatMap(each -> each.getMethodList().stream())
        .map(MethodDescriptorProto::getName)
        .map(name -> service + "/" + name)
        .toList();
  }

  private static ServerReflectionResponse ask(Channel channel, ServerReflectionRequest request)
      throws ExecutionException, InterruptedException, TimeoutException {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(request);
    requests.onCompleted();
    return answer.get(SECONDS, TimeUnit.SECONDS);
  }

  /** How a call ends; OK as soon as there is an answer. */
  static Status call(Channel channel, String method) throws Exception {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
            .setFullMethodName(method)
            .setType(MethodType.UNKNOWN)
            .build();
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call = channel.newCall(descriptor, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            end.complete(Status.OK);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(new byte[0]);
    call.halfClose();
    try {
      return end.get(SECONDS, TimeUnit.SECONDS);
    } finally {
      call.cancel("enough", null);
    }
  }

  private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
    INSTANCE;

    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
