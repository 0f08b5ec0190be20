package io.ennead.node;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.ennead.errors.ServingException;
import io.ennead.errors.ShortText;
import io.ennead.v1.ErrorReason;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door between {@link ServingException} and gRPC statuses, both ways. On the wire an error
 * is a {@code google.rpc.Status} with one {@code ErrorInfo} of domain {@value #DOMAIN}, a {@code
 * RetryInfo} where the time is known and a {@code BadRequest} where a field is to blame. The code
 * follows from the reason (error_reason.proto).
 */
public final class GrpcErrors {
  /** The domain of every ErrorInfo of this product. */
  public static final String DOMAIN = "ennead.io";

  /** What clients read of a failure that is not ours, whatever they speak. */
  public static final String INTERNAL = "internal error; the server's log has the cause";

  private static final Logger logger = LoggerFactory.getLogger(GrpcErrors.class);
  private static final String PREFIX = "ERROR_REASON_";

  /**
   * Characters of a message and of a metadata value. The message travels twice, once in base64, and
   * a trailer section of more than 8 KiB is refused by clients, who then see no reason at all.
   */
  private static final int MAX_TEXT_LENGTH = 800;

  private static final int MAX_CAUSES = 20;

  /** What gRPC says of a message over the limit, in either direction. */
  private static final String TOO_LONG = "exceeds maximum size";

  private GrpcErrors() {}

  /** What a client sees of a failure over gRPC: {@link #shown}. */
  public static StatusRuntimeException toStatus(Throwable failure) {
    return statusOf(shown(failure));
  }

  /**
   * What a client sees of a failure. Failures that are not ours become ENGINE_FAILURE without
   * internals; those and engine failures are logged here, once, with their stack.
   */
  public static ServingException shown(Throwable failure) {
    if (failure instanceof ServingException error) {
      if (error.reason() == ErrorReason.ERROR_REASON_ENGINE_FAILURE) {
        logger.error("engine failure", error);
      }
      return error;
    }
    logger.error("unexpected failure", failure);
    return ServingException.engineFailure(INTERNAL, null);
  }

  /**
   * Like {@link #toStatus}, for an error that is in the log already or need not be: logs nothing.
   */
  public static StatusRuntimeException statusOf(ServingException error) {
    String message = shorten(Optional.ofNullable(error.getMessage()).orElse(""));
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code(error.reason()).value())
            .setMessage(message)
            .addDetails(Any.pack(errorInfo(error)));
    error.retryAfter().ifPresent(delay -> status.addDetails(Any.pack(retryInfo(delay))));
    String field = error.metadata().get("field");
    if (field != null) {
      status.addDetails(Any.pack(badRequest(field, message)));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  private static ErrorInfo errorInfo(ServingException error) {
    ErrorInfo.Builder info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(label(error.reason()));
    error.metadata().forEach((key, value) -> info.putMetadata(key, shorten(value)));
    return info.build();
  }

  private static String shorten(String text) {
    return ShortText.of(text, MAX_TEXT_LENGTH);
  }

  private static RetryInfo retryInfo(Duration delay) {
    return RetryInfo.newBuilder()
        .setRetryDelay(
            com.google.protobuf.Duration.newBuilder()
                .setSeconds(delay.getSeconds())
                .setNanos(delay.getNano()))
        .build();
  }

  private static BadRequest badRequest(String field, String message) {
    return BadRequest.newBuilder()
        .addFieldViolations(
            BadRequest.FieldViolation.newBuilder().setField(field).setDescription(message))
        .build();
  }

  /** A reason as it is spelled in ErrorInfo and in metrics. */
  public static String label(ErrorReason reason) {
    return reason.name().replace(PREFIX, "");
  }

  /** The code of a reason, as error_reason.proto says. */
  public static Status.Code code(ErrorReason reason) {
    return switch (reason) {
      case ERROR_REASON_INVALID_FIELD,
          ERROR_REASON_TENSOR_MALFORMED,
          ERROR_REASON_TENSOR_SHAPE_MISMATCH,
          ERROR_REASON_TENSOR_DTYPE_MISMATCH,
          ERROR_REASON_TENSOR_NOT_FINITE,
          ERROR_REASON_LAYER_UNKNOWN,
          ERROR_REASON_TOO_MANY_TOKENS,
          ERROR_REASON_PROMPT_TOO_LONG,
          ERROR_REASON_TOKEN_OUT_OF_RANGE ->
          Status.Code.INVALID_ARGUMENT;
      case ERROR_REASON_MODEL_NOT_FOUND, ERROR_REASON_RESPONSE_NOT_FOUND -> Status.Code.NOT_FOUND;
      case ERROR_REASON_MODEL_MISMATCH,
          ERROR_REASON_EXPERT_NOT_LOADED,
          ERROR_REASON_ALREADY_RATED,
          ERROR_REASON_FEEDBACK_OFF ->
          Status.Code.FAILED_PRECONDITION;
      case ERROR_REASON_QUEUE_FULL -> Status.Code.RESOURCE_EXHAUSTED;
      case ERROR_REASON_NODE_LOADING,
          ERROR_REASON_NODE_DRAINING,
          ERROR_REASON_EXPERT_UNREACHABLE,
          ERROR_REASON_FEEDBACK_UNAVAILABLE ->
          Status.Code.UNAVAILABLE;
      case ERROR_REASON_DEADLINE_EXCEEDED, ERROR_REASON_READER_STALLED ->
          Status.Code.DEADLINE_EXCEEDED;
      case ERROR_REASON_CANCELLED -> Status.Code.CANCELLED;
      case ERROR_REASON_UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
      case ERROR_REASON_PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
      case ERROR_REASON_METHOD_UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
      case ERROR_REASON_ENGINE_FAILURE, ERROR_REASON_UNSPECIFIED, UNRECOGNIZED ->
          Status.Code.INTERNAL;
    };
  }

  /** The code that a failed call ended with; UNKNOWN when it was no gRPC failure. */
  public static Status.Code codeOf(Throwable failure) {
    return Status.fromThrowable(failure).getCode();
  }

  /**
   * The reason, message and hints that the other side gave. A status without our ErrorInfo (the
   * connection failed, another product answered) gets the reason that fits its code; {@link
   * #codeOf} tells such cases apart. A message over the limit of either side is INVALID_FIELD of
   * the field "message", since to send it again cannot help. The gRPC exception is not kept as a
   * cause.
   */
  public static ServingException fromThrowable(Throwable failure) {
    if (failure instanceof ServingException error) {
      return error;
    }
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return ServingException.engineFailure(String.valueOf(failure.getMessage()), failure);
    }
    return detail(status, ErrorInfo.class)
        .filter(info -> info.getDomain().equals(DOMAIN))
        .flatMap(info -> typed(info, status))
        .orElseGet(() -> untyped(failure));
  }

  private static Optional<ServingException> typed(ErrorInfo info, com.google.rpc.Status status) {
    return Arrays.stream(ErrorReason.values())
        .filter(reason -> label(reason).equals(info.getReason()))
        .findFirst()
        .map(
            reason ->
                ServingException.received(
                    reason, status.getMessage(), info.getMetadataMap(), retryAfter(status)));
  }

  private static @Nullable Duration retryAfter(com.google.rpc.Status status) {
    return detail(status, RetryInfo.class)
        .map(RetryInfo::getRetryDelay)
        .map(delay -> Duration.ofSeconds(delay.getSeconds(), delay.getNanos()))
        .orElse(null);
  }

  private static ServingException untyped(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    if (isTooLong(status)) {
      return tooLong(status);
    }
    return ServingException.of(reason(status.getCode()), describe(status), Map.of());
  }

  private static boolean isTooLong(Status status) {
    String description = status.getDescription();
    return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
        && description != null
        && description.contains(TOO_LONG);
  }

  private static ServingException tooLong(Status status) {
    String description = describe(status);
    return ServingException.of(
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        description,
        Map.of("field", "message", "value", description, "expected", "a message within the limit"));
  }

  // "server not reached: UNAVAILABLE: io exception: Connection refused: /127.0.0.1:8500"
  private static String describe(Status status) {
    StringBuilder text = new StringBuilder();
    if (status.getCode() == Status.Code.UNAVAILABLE) {
      text.append("server not reached: ");
    }
    text.append(status.getCode().name());
    String description = status.getDescription();
    if (inHandshake(status)) {
      text.append(": TLS handshake failed");
    } else if (description != null) {
      text.append(": ").append(description);
    }
    if (status.getCause() != null) {
      text.append(": ").append(status.getCause().getMessage());
    }
    return text.toString();
  }

  // gRPC says "io exception" and lists the handlers of the connection, of which this one leaves
  // when
  // the handshake succeeds. A server that refuses a certificate may also do so after that.
  private static boolean inHandshake(Status status) {
    String description = status.getDescription();
    return status.getCode() == Status.Code.UNAVAILABLE
        && (causes(status).anyMatch(SSLException.class::isInstance)
            || (description != null && description.contains("ClientTlsHandler")));
  }

  private static Stream<Throwable> causes(Status status) {
    return Stream.iterate(status.getCause(), Objects::nonNull, Throwable::getCause)
        .limit(MAX_CAUSES);
  }

  private static ErrorReason reason(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE -> ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE;
      case DEADLINE_EXCEEDED -> ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED;
      case CANCELLED -> ErrorReason.ERROR_REASON_CANCELLED;
      case RESOURCE_EXHAUSTED -> ErrorReason.ERROR_REASON_QUEUE_FULL;
      case UNAUTHENTICATED -> ErrorReason.ERROR_REASON_UNAUTHENTICATED;
      case PERMISSION_DENIED -> ErrorReason.ERROR_REASON_PERMISSION_DENIED;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> ErrorReason.ERROR_REASON_INVALID_FIELD;
      case OK,
          UNKNOWN,
          NOT_FOUND,
          ALREADY_EXISTS,
          FAILED_PRECONDITION,
          ABORTED,
          UNIMPLEMENTED,
          INTERNAL,
          DATA_LOSS ->
          ErrorReason.ERROR_REASON_ENGINE_FAILURE;
    };
  }

  private static <T extends Message> Optional<T> detail(
      com.google.rpc.Status status, Class<T> type) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        return unpack(detail, type);
      }
    }
    return Optional.empty();
  }

  private static <T extends Message> Optional<T> unpack(Any detail, Class<T> type) {
    try {
      return Optional.of(detail.unpack(type));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }
}
