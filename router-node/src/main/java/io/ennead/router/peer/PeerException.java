package io.ennead.router.peer;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.Set;

/** A call to a node that failed: why, whether another node may do better, and what users see. */
public final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final String BAD_REPLY = "BAD_REPLY";

  /** Not among them: a full queue, which is the load's fault, and what the caller cut off. */
  private static final Set<String> BLAME =
      Set.of(
          BAD_REPLY,
          GrpcErrors.label(ErrorReason.ERROR_REASON_ENGINE_FAILURE),
          GrpcErrors.label(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE));

  private final String reason;
  private final boolean retryable;
  private final ServingException error;

  private PeerException(String reason, boolean retryable, ServingException error) {
    super(error.getMessage(), error);
    this.reason = reason;
    this.retryable = retryable;
    this.error = error;
  }

  /** The node cannot be called in its state. */
  static PeerException notReady(ExpertPeer peer, PeerRequest request) {
    return new PeerException("NOT_READY", true, unreachable(peer, request, "not ready"));
  }

  /** The node's answer does not fit the request. */
  static PeerException badReply(ExpertPeer peer, PeerRequest request, ServingException problem) {
    return new PeerException(
        BAD_REPLY, true, unreachable(peer, request, "bad reply: " + problem.getMessage()));
  }

  /** The call ended with a status. */
  static PeerException failed(
      ExpertPeer peer, PeerRequest request, Duration deadline, Throwable failure) {
    ServingException cause = GrpcErrors.fromThrowable(failure);
    String reason = GrpcErrors.label(cause.reason());
    String why = String.valueOf(cause.getMessage());
    return switch (cause.reason()) {
      case ERROR_REASON_QUEUE_FULL -> new PeerException(reason, true, cause);
      case ERROR_REASON_CANCELLED -> new PeerException(reason, false, cause);
      case ERROR_REASON_DEADLINE_EXCEEDED ->
          new PeerException(
              reason,
              true,
              unreachable(peer, request, "no answer within %d ms".formatted(deadline.toMillis())));
      case ERROR_REASON_ENGINE_FAILURE ->
          new PeerException(reason, true, engineFailure(peer, "failed", why));
      // What failed says where the node listens, which is not the user's to know.
      case ERROR_REASON_EXPERT_UNREACHABLE ->
          new PeerException(reason, true, unreachable(peer, request, "not reachable"));
      case ERROR_REASON_NODE_LOADING,
          ERROR_REASON_NODE_DRAINING,
          ERROR_REASON_EXPERT_NOT_LOADED,
          ERROR_REASON_MODEL_MISMATCH,
          ERROR_REASON_UNAUTHENTICATED,
          ERROR_REASON_PERMISSION_DENIED ->
          new PeerException(reason, true, unreachable(peer, request, why));
      // Our own request was at fault, not that of the user.
      case ERROR_REASON_INVALID_FIELD,
          ERROR_REASON_TENSOR_MALFORMED,
          ERROR_REASON_TENSOR_SHAPE_MISMATCH,
          ERROR_REASON_TENSOR_DTYPE_MISMATCH,
          ERROR_REASON_TENSOR_NOT_FINITE,
          ERROR_REASON_LAYER_UNKNOWN,
          ERROR_REASON_TOO_MANY_TOKENS,
          ERROR_REASON_PROMPT_TOO_LONG,
          ERROR_REASON_TOKEN_OUT_OF_RANGE,
          ERROR_REASON_MODEL_NOT_FOUND,
          ERROR_REASON_READER_STALLED,
          ERROR_REASON_METHOD_UNSUPPORTED,
          ERROR_REASON_RESPONSE_NOT_FOUND,
          ERROR_REASON_ALREADY_RATED,
          ERROR_REASON_FEEDBACK_OFF,
          ERROR_REASON_FEEDBACK_UNAVAILABLE,
          ERROR_REASON_UNSPECIFIED,
          UNRECOGNIZED ->
          new PeerException(reason, false, engineFailure(peer, "refused a call", why));
    };
  }

  private static ServingException unreachable(ExpertPeer peer, PeerRequest request, String why) {
    return ServingException.expertUnreachable(
        request.layer(), request.experts(), peer.name(), why, null);
  }

  private static ServingException engineFailure(ExpertPeer peer, String what, String why) {
    return ServingException.engineFailure(
        "expert node %s %s: %s".formatted(peer.name(), what, why), null);
  }

  /** The reason that the node gave, or the kind of failure; for metrics, so from a small set. */
  public String reason() {
    return reason;
  }

  /** Whether the failure says that something is wrong with the node. */
  public boolean blamesNode() {
    return BLAME.contains(reason);
  }

  /** Whether another node that holds the experts may be asked. */
  public boolean retryable() {
    return retryable;
  }

  /** What the user of a row sees when nothing else helps. */
  public ServingException error() {
    return error;
  }
}
