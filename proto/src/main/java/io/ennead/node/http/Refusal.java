package io.ennead.node.http;

import java.util.Map;

/**
 * Why the server itself answers a request, or gives up answering it.
 *
 * @param code for programs, such as METHOD_NOT_ALLOWED or UNAUTHENTICATED
 * @param message for people, in one line
 * @param headers that belong to the status
 */
public record Refusal(int status, String code, String message, Map<String, String> headers) {
  /** Copies the headers. */
  public Refusal {
    headers = Map.copyOf(headers);
  }

  /** Without headers of its own. */
  public Refusal(int status, String code, String message) {
    this(status, code, message, Map.of());
  }

  /** How a server writes refusals. */
  public interface Format {
    /** Lines for people. */
    Format TEXT = refusal -> Answer.text(refusal.status(), refusal.message() + "\n");

    /** The answer; the headers of the refusal are added to it. */
    Answer write(Refusal refusal);

    /** The answer with the headers of the refusal. */
    default Answer answer(Refusal refusal) {
      return write(refusal).with(refusal.headers());
    }
  }
}
