package io.ennead.node;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Protobuf messages whose {@code bytes} fields are views of the one array that the message was read
 * into. gRPC's own marshaller copies them out of it once more, which shows where a message is one
 * large tensor. The fields keep the whole array alive.
 */
public final class SharedBytesMarshaller<M extends Message> implements Marshaller<M> {
  private final Marshaller<M> standard;
  private final Parser<M> parser;

  private SharedBytesMarshaller(Marshaller<M> standard, Parser<M> parser) {
    this.standard = standard;
    this.parser = parser;
  }

  /** The marshaller of a message's type. */
  @SuppressWarnings("unchecked") // a message's parser gives messages of its type
  public static <M extends Message> SharedBytesMarshaller<M> of(M prototype) {
    return new SharedBytesMarshaller<>(
        ProtoUtils.marshaller(prototype), (Parser<M>) prototype.getParserForType());
  }

  /** A service with this marshaller for the requests of one of its methods. */
  public static <M extends Message> ServerServiceDefinition requestsOf(
      ServerServiceDefinition service, String method, M prototype) {
    return Methods.changed(
        service,
        each ->
            each.getMethodDescriptor().getFullMethodName().equals(method)
                ? withRequests(each, of(prototype))
                : each);
  }

  @SuppressWarnings("unchecked") // the caller names a method of this request type
  private static <M extends Message, R> ServerMethodDefinition<M, R> withRequests(
      ServerMethodDefinition<?, R> method, Marshaller<M> marshaller) {
    var typed = (ServerMethodDefinition<M, R>) method;
    return ServerMethodDefinition.create(
        typed.getMethodDescriptor().toBuilder().setRequestMarshaller(marshaller).build(),
        typed.getServerCallHandler());
  }

  @Override
  public InputStream stream(M message) {
    return standard.stream(message);
  }

  @Override
  public M parse(InputStream stream) {
    try {
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(bytes(stream)).newCodedInput();
      input.enableAliasing(true);
      M message = parser.parseFrom(input);
      input.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("Invalid protobuf byte sequence")
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw Status.INTERNAL
          .withDescription("message: cannot be read")
          .withCause(e)
          .asRuntimeException();
    }
  }

  private static byte[] bytes(InputStream stream) throws IOException {
    if (!(stream instanceof KnownLength)) { // compressed
      return stream.readAllBytes();
    }
    byte[] bytes = new byte[stream.available()];
    // Not readNBytes(int): it collects pieces of 8 KiB and copies them together.
    int read = stream.readNBytes(bytes, 0, bytes.length);
    return read == bytes.length ? bytes : Arrays.copyOf(bytes, read);
  }
}
