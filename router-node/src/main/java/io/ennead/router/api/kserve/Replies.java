package io.ennead.router.api.kserve;

import inference.ModelInferResponse;

/** Where the responses to one request go. Called by one thread at a time; never blocks. */
interface Replies {

  /** One of several. */
  void send(ModelInferResponse response);

  /** The last one. */
  void last(ModelInferResponse response);

  /** Instead of the last one. */
  void fail(Throwable failure);
}
