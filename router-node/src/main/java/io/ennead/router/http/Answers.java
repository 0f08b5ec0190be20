package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.node.http.Answer;
import io.ennead.node.http.Refusal;
import io.ennead.v1.ErrorReason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Answers as OpenAI's clients know them: objects, and errors in their envelope, with our reason as
 * the code. Immutable.
 *
 * @param headers of every answer
 */
record Answers(Map<String, String> headers) {
  private static final String JSON = "application/json";

  /** How a server of this API writes its own refusals. */
  static final Refusal.Format REFUSALS =
      refusal ->
          Answer.of(
              refusal.status(),
              JSON,
              Json.bytes(error(refusal.message(), refusal.status(), refusal.code(), "")));

  /** Copies the headers. */
  Answers {
    headers = Map.copyOf(headers);
  }

  Answers with(String name, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(name, value);
    return new Answers(more);
  }

  Answer ok(ObjectNode object) {
    return Answer.of(200, JSON, Json.bytes(object)).with(headers);
  }

  Answer failure(ServingException failure) {
    Answer answer =
        Answer.of(status(failure.reason()), JSON, Json.bytes(error(failure))).with(headers);
    return failure
        .retryAfter()
        .map(time -> answer.with("Retry-After", Long.toString(time.plusMillis(999).toSeconds())))
        .orElse(answer);
  }

  ObjectNode error(ServingException failure) {
    return error(
        Optional.ofNullable(failure.getMessage()).orElse(""),
        status(failure.reason()),
        GrpcErrors.label(failure.reason()),
        failure.metadata().getOrDefault("field", ""));
  }

  private static ObjectNode error(String message, int status, String code, String parameter) {
    ObjectNode error = Json.object();
    ObjectNode details = error.putObject("error");
    details.put("message", message).put("type", type(status));
    if (parameter.isEmpty()) {
      details.putNull("param");
    } else {
      details.put("param", parameter);
    }
    details.put("code", code);
    return error;
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 429 -> "rate_limit_error";
      default -> status < 500 ? "invalid_request_error" : "server_error";
    };
  }

  /** The status of a reason. */
  static int status(ErrorReason reason) {
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
          400;
      case ERROR_REASON_UNAUTHENTICATED -> 401;
      case ERROR_REASON_PERMISSION_DENIED -> 403;
      case ERROR_REASON_MODEL_NOT_FOUND, ERROR_REASON_RESPONSE_NOT_FOUND -> 404;
      case ERROR_REASON_ALREADY_RATED -> 409;
      case ERROR_REASON_QUEUE_FULL -> 429;
      case ERROR_REASON_CANCELLED -> 499;
      case ERROR_REASON_MODEL_MISMATCH,
          ERROR_REASON_EXPERT_NOT_LOADED,
          ERROR_REASON_NODE_LOADING,
          ERROR_REASON_NODE_DRAINING,
          ERROR_REASON_EXPERT_UNREACHABLE,
          ERROR_REASON_FEEDBACK_UNAVAILABLE ->
          503;
      case ERROR_REASON_METHOD_UNSUPPORTED, ERROR_REASON_FEEDBACK_OFF -> 501;
      case ERROR_REASON_DEADLINE_EXCEEDED, ERROR_REASON_READER_STALLED -> 504;
      case ERROR_REASON_ENGINE_FAILURE, ERROR_REASON_UNSPECIFIED, UNRECOGNIZED -> 500;
    };
  }
}
