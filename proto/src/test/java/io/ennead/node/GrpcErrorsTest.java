package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcErrorsTest {

  @Test
  void aFieldErrorCarriesErrorInfoAndTheField() throws InvalidProtocolBufferException {
    StatusRuntimeException status = GrpcErrors.toStatus(ServingException.invalidField("n", 2, "1"));
    assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getStatus().getDescription()).isEqualTo("n: 2 (expected: 1)");
    com.google.rpc.Status proto = StatusProto.fromThrowable(status);
    assertThat(proto.getDetailsList()).hasSize(2);
    ErrorInfo info = proto.getDetails(0).unpack(ErrorInfo.class);
    assertThat(info.getDomain()).isEqualTo("ennead.io");
    assertThat(info.getReason()).isEqualTo("INVALID_FIELD");
    assertThat(info.getMetadataMap())
        .isEqualTo(Map.of("field", "n", "value", "2", "expected", "1"));
    BadRequest bad = proto.getDetails(1).unpack(BadRequest.class);
    assertThat(bad.getFieldViolations(0).getField()).isEqualTo("n");
  }

  @Test
  void aFullQueueSaysWhenToTryAgain() throws InvalidProtocolBufferException {
    ServingException full = ServingException.queueFull("rows", 7, Duration.ofMillis(1500));
    com.google.rpc.Status proto = StatusProto.fromThrowable(GrpcErrors.toStatus(full));
    RetryInfo retry = proto.getDetails(1).unpack(RetryInfo.class);
    assertThat(retry.getRetryDelay())
        .isEqualTo(
            com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(500_000_000).build());
  }

  @Test
  void anErrorArrivesAsItWasSent() {
    ServingException sent = ServingException.queueFull("rows", 7, Duration.ofMillis(1500));
    ServingException arrived = GrpcErrors.fromThrowable(GrpcErrors.toStatus(sent));
    assertThat(arrived.reason()).isEqualTo(sent.reason());
    assertThat(arrived).hasMessage(sent.getMessage()).hasNoCause();
    assertThat(arrived.metadata()).isEqualTo(sent.metadata());
    assertThat(arrived.retryAfter()).isEqualTo(sent.retryAfter());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
  void everyReasonArrives(ErrorReason reason) {
    ServingException sent = ServingException.of(reason, "text", Map.of("key", "value"));
    ServingException arrived = GrpcErrors.fromThrowable(GrpcErrors.toStatus(sent));
    assertThat(arrived.reason()).isEqualTo(reason);
  }

  @Test
  void codesAreThoseThatTheProtoDocuments() throws IOException, URISyntaxException {
    Path proto = Path.of("src/main/proto/ennead/v1/error_reason.proto");
    Matcher matcher =
        Pattern.compile("// ([A-Z_]+):[^\\n]*\\n\\s+(ERROR_REASON_[A-Z_]+) =")
            .matcher(Files.readString(proto));
    int documented = 0;
    while (matcher.find()) {
      ErrorReason reason = ErrorReason.valueOf(matcher.group(2));
      assertThat(GrpcErrors.code(reason)).as(reason.name()).hasToString(matcher.group(1));
      documented++;
    }
    // All but UNSPECIFIED and UNRECOGNIZED.
    assertThat(documented).isEqualTo(ErrorReason.values().length - 2);
  }

  @Test
  void unknownFailuresTellNoInternals() {
    StatusRuntimeException status =
        GrpcErrors.toStatus(new IllegalStateException("/secret/path of 10.0.0.7"));
    assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status).hasMessageNotContaining("secret");
    ServingException arrived = GrpcErrors.fromThrowable(status);
    assertThat(arrived.reason()).isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    assertThat(arrived.metadata()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE, EXPERT_UNREACHABLE",
    "DEADLINE_EXCEEDED, DEADLINE_EXCEEDED",
    "CANCELLED, CANCELLED",
    "RESOURCE_EXHAUSTED, QUEUE_FULL",
    "INVALID_ARGUMENT, INVALID_FIELD",
    "INTERNAL, ENGINE_FAILURE",
    "UNIMPLEMENTED, ENGINE_FAILURE"
  })
  void statusesWithoutDetailsMapByCode(Status.Code code, String reason) {
    StatusRuntimeException failure =
        code.toStatus()
            .withDescription("io")
            .withCause(new IOException("refused"))
            .asRuntimeException();
    ServingException arrived = GrpcErrors.fromThrowable(failure);
    assertThat(GrpcErrors.label(arrived.reason())).isEqualTo(reason);
    assertThat(arrived).message().endsWith(code + ": io: refused");
    assertThat(GrpcErrors.codeOf(failure)).isEqualTo(code);
  }

  @Test
  void anUnreachableServerIsCalledSo() {
    StatusRuntimeException failure =
        Status.UNAVAILABLE.withDescription("io exception").asRuntimeException();
    assertThat(GrpcErrors.fromThrowable(failure))
        .hasMessage("server not reached: UNAVAILABLE: io exception");
  }

  @Test
  void longTextIsCutAndItsLengthTold() {
    String text = "x".repeat(20_000);
    ServingException sent =
        ServingException.of(ErrorReason.ERROR_REASON_NODE_LOADING, text, Map.of("missing", text));
    ServingException arrived = GrpcErrors.fromThrowable(GrpcErrors.toStatus(sent));
    assertThat(arrived).hasMessage("x".repeat(800) + "... (20000 characters)");
    assertThat(arrived.metadata()).containsEntry("missing", arrived.getMessage());
  }

  @Test
  void valuesAreCutBetweenCharacters() {
    ServingException error =
        ServingException.invalidField("n", "x".repeat(199) + "\uD83D\uDE00", "short");
    assertThat(error)
        .hasMessage("n: " + "x".repeat(199) + "... (201 characters) (expected: short)");
    assertThat(ServingException.invalidField("n", "x".repeat(200), "short").metadata())
        .containsEntry("value", "x".repeat(200));
  }

  @Test
  void anotherProductsErrorInfoIsNotOurs() {
    com.google.rpc.Status foreign =
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.UNAVAILABLE.value())
            .addDetails(
                com.google.protobuf.Any.pack(
                    ErrorInfo.newBuilder().setDomain("x").setReason("QUEUE_FULL").build()))
            .build();
    assertThat(GrpcErrors.fromThrowable(StatusProto.toStatusRuntimeException(foreign)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
  }
}
