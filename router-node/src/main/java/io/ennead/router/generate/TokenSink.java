package io.ennead.router.generate;

import io.ennead.errors.ServingException;

/**
 * Where a request's tokens go. Called in order, by one thread at a time, which serves other
 * requests too: implementations do not block and do not throw.
 */
public interface TokenSink {

  /** The next tokens. */
  void piece(Piece piece);

  /** The sequence is complete. Nothing follows. */
  void finished(FinishInfo info);

  /** The sequence could not be completed. Nothing follows. */
  void failed(ServingException failure);
}
