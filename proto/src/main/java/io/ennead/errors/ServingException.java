package io.ennead.errors;

import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An error with a {@link ErrorReason}: what domain code throws and what the edge turns into a gRPC
 * status. The message names the thing, its value and what was expected; the metadata says the same
 * for programs (keys: error_reason.proto).
 */
public final class ServingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Values come from callers and go into trailers, of which clients accept 8 KiB. */
  private static final int MAX_VALUE_LENGTH = 200;

  private final ErrorReason reason;
  private final transient Map<String, String> metadata;
  private final transient @Nullable Duration retryAfter;

  private ServingException(
      ErrorReason reason,
      String message,
      Map<String, String> metadata,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.metadata = Map.copyOf(metadata);
    this.retryAfter = retryAfter;
  }

  /** An error of any reason. */
  public static ServingException of(
      ErrorReason reason, String message, Map<String, String> metadata) {
    return new ServingException(reason, message, metadata, null, null);
  }

  /** An error that another node reported, as it arrived. */
  public static ServingException received(
      ErrorReason reason,
      String message,
      Map<String, String> metadata,
      @Nullable Duration retryAfter) {
    return new ServingException(reason, message, metadata, retryAfter, null);
  }

  /** A field whose value is not allowed: {@code field: value (expected: expected)}. */
  public static ServingException invalidField(String field, Object value, String expected) {
    return field(ErrorReason.ERROR_REASON_INVALID_FIELD, field, value, expected);
  }

  /** Like {@link #invalidField}, for one of the more precise reasons with the same metadata. */
  public static ServingException field(
      ErrorReason reason, String field, Object value, String expected) {
    String told = ShortText.of(String.valueOf(value), MAX_VALUE_LENGTH);
    return of(
        reason,
        "%s: %s (expected: %s)".formatted(field, told, expected),
        Map.of("field", field, "value", told, "expected", expected));
  }

  /** No model of this name is served. */
  public static ServingException modelNotFound(String name, String served) {
    return field(ErrorReason.ERROR_REASON_MODEL_NOT_FOUND, "model", name, served);
  }

  /** Caller and node serve different models. */
  public static ServingException modelMismatch(String value, String expected, String generation) {
    String told = ShortText.of(value, MAX_VALUE_LENGTH);
    return of(
        ErrorReason.ERROR_REASON_MODEL_MISMATCH,
        "model_fingerprint: %s (expected: %s)".formatted(told, expected),
        Map.of("value", told, "expected", expected, "node_generation", generation));
  }

  /** The node does not hold the expert. */
  public static ServingException expertNotLoaded(int layer, int expert, String generation) {
    return of(
        ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED,
        "expert %d of layer %d is not loaded on this node (generation %s)"
            .formatted(expert, layer, generation),
        Map.of(
            "layer", Integer.toString(layer),
            "expert", Integer.toString(expert),
            "node_generation", generation));
  }

  /** A bounded queue is full; {@code retryAfter} is a hint to the caller. */
  public static ServingException queueFull(String queue, long limit, Duration retryAfter) {
    return new ServingException(
        ErrorReason.ERROR_REASON_QUEUE_FULL,
        "%s is full (limit: %d)".formatted(queue, limit),
        Map.of("queue", queue, "limit", Long.toString(limit)),
        retryAfter,
        null);
  }

  /** The node is not ready; {@code missing} says what it waits for. */
  public static ServingException loading(String missing) {
    return of(
        ErrorReason.ERROR_REASON_NODE_LOADING, "not ready: " + missing, Map.of("missing", missing));
  }

  /** The node is shutting down. */
  public static ServingException draining() {
    return of(ErrorReason.ERROR_REASON_NODE_DRAINING, "shutting down", Map.of());
  }

  /** No node that holds the experts answered. */
  public static ServingException expertUnreachable(
      int layer, String experts, String node, String why, @Nullable Throwable cause) {
    return new ServingException(
        ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE,
        "experts %s of layer %d on %s: %s".formatted(experts, layer, node, why),
        Map.of("layer", Integer.toString(layer), "experts", experts, "node", node),
        null,
        cause);
  }

  /** More tokens went without an expert than the request or the router allows. */
  public static ServingException tooDegraded(int degraded, int tokens, double maxShare) {
    return of(
        ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE,
        "degraded tokens: %d of %d (expected: at most %s of them)"
            .formatted(degraded, tokens, maxShare),
        Map.of());
  }

  /** A computation failed; the cause is logged, not told. */
  public static ServingException engineFailure(String what, @Nullable Throwable cause) {
    return new ServingException(
        ErrorReason.ERROR_REASON_ENGINE_FAILURE, what, Map.of(), null, cause);
  }

  /** The caller's time ran out. */
  public static ServingException deadlineExceeded(String what) {
    return of(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED, what, Map.of());
  }

  /** The caller left. */
  public static ServingException cancelled(String what) {
    return of(ErrorReason.ERROR_REASON_CANCELLED, what, Map.of());
  }

  /** The caller left after something had failed. */
  public static ServingException cancelled(String what, Throwable cause) {
    return new ServingException(ErrorReason.ERROR_REASON_CANCELLED, what, Map.of(), null, cause);
  }

  /** The caller has read nothing of what is there for it for so long. */
  public static ServingException readerStalled(Duration limit) {
    return of(
        ErrorReason.ERROR_REASON_READER_STALLED,
        "nothing was read for %d ms, though there was something to read"
            .formatted(limit.toMillis()),
        Map.of("limit_ms", Long.toString(limit.toMillis())));
  }

  /** The caller did not say who it is, or nobody knows it; the message never holds a key. */
  public static ServingException unauthenticated(String what) {
    return of(ErrorReason.ERROR_REASON_UNAUTHENTICATED, what, Map.of());
  }

  /** The caller has not the role that an operation asks for. */
  public static ServingException permissionDenied(String operation, String role) {
    return of(
        ErrorReason.ERROR_REASON_PERMISSION_DENIED,
        "%s is not allowed (expected: role %s)".formatted(operation, role),
        Map.of("operation", operation, "role", role));
  }

  /** A method of another product's protocol that is not served; {@code instead} says what is. */
  public static ServingException methodUnsupported(String operation, String instead) {
    return of(
        ErrorReason.ERROR_REASON_METHOD_UNSUPPORTED,
        "%s is not served (expected: %s)".formatted(operation, instead),
        Map.of("operation", operation));
  }

  /** Why. */
  public ErrorReason reason() {
    return reason;
  }

  /** What programs may read; keys as listed in error_reason.proto. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Whether the same may succeed soon: experts are out of reach, or a queue is full. */
  public boolean mayPass() {
    return reason == ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE
        || reason == ErrorReason.ERROR_REASON_QUEUE_FULL;
  }

  /** When to try again, if that is known. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
