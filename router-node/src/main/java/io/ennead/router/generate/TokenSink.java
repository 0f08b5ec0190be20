package io.ennead.router.generate;

import io.ennead.errors.ServingException;

/**
 * Where a request's tokens go. Called in order, by one thread at a time, which serves other
 * requests too: implementations do not block and do not throw.
 */
public interface TokenSink {

  /** The next tokens. */
  void piece(Piece piece);

  /** A continuation is complete; nothing of it follows. */
  void finished(FinishInfo info);

  /** A continuation could not be completed; nothing of it follows. */
  void failed(ServingException failure);
}
