package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.Tensor;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SharedBytesMarshallerTest {
  private final Marshaller<ExpertServiceForwardRequest> marshaller =
      SharedBytesMarshaller.of(ExpertServiceForwardRequest.getDefaultInstance());

  /** What a transport hands over: how much is left is known. */
  private static final class Whole extends ByteArrayInputStream implements KnownLength {
    Whole(byte[] bytes) {
      super(bytes);
    }
  }

  @Test
  void messagesComeOutAsTheyWentIn() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int length : new int[] {0, 1, 127, 128, 70_000}) {
      ExpertServiceForwardRequest message = request(random, length);
      byte[] sent = marshaller.stream(message).readAllBytes();

      assertThat(sent).isEqualTo(message.toByteArray());
      assertThat(marshaller.parse(new Whole(sent))).as("seed %d", seed).isEqualTo(message);
      InputStream compressed = new ByteArrayInputStream(sent); // of unknown length
      assertThat(marshaller.parse(compressed)).isEqualTo(message);
    }
  }

  @Test
  void whatIsNoMessageIsRefusedAsByTheStandardMarshaller() {
    Marshaller<ExpertServiceForwardRequest> standard =
        ProtoUtils.marshaller(ExpertServiceForwardRequest.getDefaultInstance());
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] message = request(random, 40).toByteArray();
    for (int round = 0; round < 5000; round++) {
      byte[] bytes = java.util.Arrays.copyOf(message, 1 + random.nextInt(message.length));
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);

      assertThat(outcome(marshaller, bytes))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(outcome(standard, bytes));
    }
    assertThatThrownBy(() -> marshaller.parse(new Whole(new byte[] {1})))
        .isInstanceOf(StatusRuntimeException.class)
        .satisfies(
            e -> assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.INTERNAL));
  }

  /** The message, or the status. */
  private static Object outcome(Marshaller<?> marshaller, byte[] bytes) {
    try {
      return marshaller.parse(new Whole(bytes));
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    }
  }

  @Test
  void aServiceKeepsItsOtherMethods() {
    ServerServiceDefinition standard =
        ExpertServiceGrpc.bindService(new ExpertServiceGrpc.AsyncService() {});

    ServerServiceDefinition changed =
        SharedBytesMarshaller.requestsOf(
            standard,
            ExpertServiceGrpc.getForwardMethod().getFullMethodName(),
            ExpertServiceForwardRequest.getDefaultInstance());

    assertThat(changed.getMethods()).hasSameSizeAs(standard.getMethods());
    assertThat(changed.getServiceDescriptor().getSchemaDescriptor())
        .isSameAs(standard.getServiceDescriptor().getSchemaDescriptor());
    assertThat(requestMarshaller(changed, "Forward")).isInstanceOf(SharedBytesMarshaller.class);
    assertThat(
            requestMarshaller(changed, "DescribeNode")
                .parse(DescribeNodeRequest.getDefaultInstance().toByteString().newInput()))
        .isEqualTo(DescribeNodeRequest.getDefaultInstance());
  }

  private static Marshaller<?> requestMarshaller(ServerServiceDefinition service, String method) {
    return service
        .getMethod("ennead.v1.ExpertService/" + method)
        .getMethodDescriptor()
        .getRequestMarshaller();
  }

  private static ExpertServiceForwardRequest request(Random random, int length) {
    byte[] data = new byte[length];
    random.nextBytes(data);
    return ExpertServiceForwardRequest.newBuilder()
        .setModelFingerprint("a model")
        .setRows(Tensor.newBuilder().addShape(length).setData(ByteString.copyFrom(data)))
        .addSlices(ExpertSlice.newBuilder().setExpert(3).addRows(1).addRows(2))
        .build();
  }
}
