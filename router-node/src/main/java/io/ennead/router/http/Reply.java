package io.ennead.router.http;

import io.ennead.errors.ServingException;
import io.ennead.v1.GenerateResponse;

/** Where the pieces of all choices of a response go. Thread-safe; does not block. */
interface Reply {
  /** The next piece of a choice; false when the response has ended by it, with an error. */
  boolean piece(int choice, GenerateResponse piece);

  /**
   * The last piece of a choice.
   *
   * @param firstOfPrompt whether it counts the prompt's tokens
   */
  void finished(int choice, GenerateResponse finish, boolean firstOfPrompt);

  /** The response cannot be completed; nothing follows. */
  void failed(ServingException failure);
}
