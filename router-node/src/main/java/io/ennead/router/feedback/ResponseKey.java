package io.ennead.router.feedback;

import io.ennead.errors.ServingException;

/**
 * One continuation of a response.
 *
 * @param responseId 1 to 128 characters
 * @param index of the continuation, from 0
 */
public record ResponseKey(String responseId, int index) {
  private static final int MAX_LENGTH = 128;

  /** Refuses what no response has, naming the field of the request. */
  public ResponseKey {
    if (responseId.isEmpty() || responseId.length() > MAX_LENGTH) {
      throw ServingException.invalidField("response_id", responseId, "1 to 128 characters");
    }
    if (index < 0) {
      throw ServingException.invalidField(
          "index", Integer.toUnsignedString(index), "that of a continuation");
    }
  }
}
