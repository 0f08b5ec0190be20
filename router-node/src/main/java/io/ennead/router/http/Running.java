package io.ennead.router.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.api.FieldNames;
import io.ennead.router.api.GenerationReader.Checked;
import io.ennead.router.api.Responses;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request while it is answered: the generations of its prompts, which end together when one fails
 * or the client leaves. Thread-safe; the generations are called without the lock.
 */
final class Running {
  private final String responseId;
  private final Reply reply;
  private final int continuations;
  private final FieldNames names;
  private final AtomicBoolean failed = new AtomicBoolean();

  @GuardedBy("this")
  private final List<Generation> generations = new ArrayList<>();

  @GuardedBy("this")
  private boolean cancelled;

  /**
   * A request of which nothing runs yet.
   *
   * @param continuations of each prompt
   * @param names of fields, for errors
   */
  Running(String responseId, Reply reply, int continuations, FieldNames names) {
    this.responseId = responseId;
    this.reply = reply;
    this.continuations = continuations;
    this.names = names;
  }

  /** Hands in all prompts; what is refused ends those before it too. */
  void submit(List<Checked> prompts) {
    try {
      for (int i = 0; i < prompts.size(); i++) {
        attach(prompts.get(i).submit(new Sink(i * continuations)));
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void attach(Generation generation) {
    synchronized (this) {
      generations.add(generation);
      if (!cancelled) {
        return;
      }
    }
    generation.cancel();
  }

  /** The first one is told and logged: those of other prompts come of the same. */
  private void fail(RuntimeException failure) {
    if (failed.compareAndSet(false, true)) {
      reply.failed(names.translate(GrpcErrors.shown(failure)));
    }
    cancel();
  }

  /** Ends whatever runs, and what still comes. */
  void cancel() {
    List<Generation> running;
    synchronized (this) {
      cancelled = true;
      running = List.copyOf(generations);
    }
    running.forEach(Generation::cancel);
  }

  /** The tokens of one prompt, whose choices stand behind those of the prompts before it. */
  private final class Sink implements TokenSink {
    private final int first;

    Sink(int first) {
      this.first = first;
    }

    @Override
    public void piece(Piece piece) {
      if (!reply.piece(first + piece.index(), Responses.piece(responseId, piece))) {
        cancel();
      }
    }

    @Override
    public void finished(FinishInfo info) {
      reply.finished(first + info.index(), Responses.finish(responseId, info), info.index() == 0);
    }

    @Override
    public void failed(ServingException failure) {
      fail(failure);
    }
  }
}
