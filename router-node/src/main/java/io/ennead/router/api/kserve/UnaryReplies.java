package io.ennead.router.api.kserve;

import inference.ModelInferResponse;
import io.ennead.router.api.Outbox;

/** The one response of a call, or its failure. */
record UnaryReplies(Outbox<ModelInferResponse> outbox) implements Replies {

  /** Requests of such calls do not stream. */
  @Override
  public void send(ModelInferResponse response) {
    throw new IllegalStateException("a second response");
  }

  @Override
  public void last(ModelInferResponse response) {
    outbox.sendLast(response);
    outbox.complete();
  }

  @Override
  public void fail(Throwable failure) {
    outbox.fail(failure);
  }
}
