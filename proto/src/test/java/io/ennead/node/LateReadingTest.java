package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertServiceGrpc.ExpertServiceImplBase;
import io.grpc.Attributes;
import io.grpc.Drainable;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LateReadingTest {
  private static final DescribeNodeRequest REQUEST =
      DescribeNodeRequest.newBuilder().setKnownGeneration("g7").build();

  private final ServerServiceDefinition service = LateReading.of(new Echo().bindService());

  /** Gives back what it was asked. */
  private static final class Echo extends ExpertServiceImplBase {
    @Override
    public void describeNode(
        DescribeNodeRequest request, StreamObserver<DescribeNodeResponse> observer) {
      observer.onNext(
          DescribeNodeResponse.newBuilder().setGeneration(request.getKnownGeneration()).build());
      observer.onCompleted();
    }
  }

  /** Keeps what is sent, as the transport would get it. */
  private static final class Recorder<R> extends ServerCall<InputStream, R> {
    private final MethodDescriptor<InputStream, R> method;
    private final List<InputStream> sent = new ArrayList<>();
    private Status status = Status.UNKNOWN;

    Recorder(MethodDescriptor<InputStream, R> method) {
      this.method = method;
    }

    @Override
    public void sendMessage(R message) {
      sent.add(method.streamResponse(message));
    }

    @Override
    public void close(Status end, Metadata trailers) {
      status = end;
    }

    @Override
    public MethodDescriptor<InputStream, R> getMethodDescriptor() {
      return method;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.EMPTY;
    }
  }

  @Test
  void repliesGoOutWithoutBeingCopiedTogether() throws Exception {
    Recorder<?> call = describe(REQUEST.toByteArray());

    assertThat(call.status.isOk()).isTrue();
    assertThat(call.sent).hasSize(1);
    assertThat(call.sent.get(0)).isInstanceOf(Drainable.class);
    assertThat(DescribeNodeResponse.parseFrom(call.sent.get(0)).getGeneration()).isEqualTo("g7");
  }

  @Test
  void whatIsNoMessageFailsInTheListener() {
    assertThatThrownBy(() -> describe(new byte[] {(byte) 0xff}))
        .isInstanceOf(StatusRuntimeException.class)
        .hasCauseInstanceOf(InvalidProtocolBufferException.class);
  }

  @Test
  void namesAndTypesStay() {
    MethodDescriptor<?, ?> given = ExpertServiceGrpc.getDescribeNodeMethod();
    MethodDescriptor<?, ?> changed = method().getMethodDescriptor();
    assertThat(changed.getFullMethodName()).isEqualTo(given.getFullMethodName());
    assertThat(changed.getType()).isEqualTo(given.getType());
    assertThat(service.getServiceDescriptor().getSchemaDescriptor())
        .isSameAs(ExpertServiceGrpc.getServiceDescriptor().getSchemaDescriptor());
  }

  @SuppressWarnings("unchecked") // what LateReading makes of every method
  private ServerMethodDefinition<InputStream, DescribeNodeResponse> method() {
    String name = ExpertServiceGrpc.getDescribeNodeMethod().getFullMethodName();
    return (ServerMethodDefinition<InputStream, DescribeNodeResponse>) service.getMethod(name);
  }

  private Recorder<DescribeNodeResponse> describe(byte[] request) {
    Recorder<DescribeNodeResponse> call = new Recorder<>(method().getMethodDescriptor());
    Listener<InputStream> listener =
        method().getServerCallHandler().startCall(call, new Metadata());
    listener.onMessage(new ByteArrayInputStream(request));
    listener.onHalfClose();
    listener.onComplete();
    return call;
  }
}
