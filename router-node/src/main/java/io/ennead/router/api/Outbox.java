package io.ennead.router.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.MessageLite;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.Generation;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one call on their way to its client, and the work that makes them. Messages are
 * sent while the transport takes them and wait in a bounded buffer while it does not; a reader that
 * falls behind by more is cut off with QUEUE_FULL, one that takes nothing for too long with
 * READER_STALLED, and the work ends.
 *
 * <p>Messages come from threads that serve other calls too, readiness and cancellation from gRPC's.
 * The observer is called with the lock held, since it wants one caller at a time and the order of
 * the messages; its calls do not block. Work is cancelled without it.
 */
public final class Outbox<M extends MessageLite> {
  private final ServerCallStreamObserver<M> observer;
  private final String responseId;
  private final SlowReaders readers;
  private final SlowReaders.Watch watch;

  @GuardedBy("this")
  private final Queue<M> buffer = new ArrayDeque<>();

  @GuardedBy("this")
  private final Set<Generation> running = new HashSet<>();

  @GuardedBy("this")
  private long bufferedBytes;

  @GuardedBy("this")
  private @Nullable Runnable ending;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private boolean abandoned;

  private Outbox(ServerCallStreamObserver<M> observer, String responseId, SlowReaders readers) {
    this.observer = observer;
    this.responseId = responseId;
    this.readers = readers;
    this.watch = readers.over(this::stalled);
  }

  /**
   * The outbox of a call that the current thread begins.
   *
   * @param readers say how much may wait, and for how long; stay the caller's
   */
  public static <M extends MessageLite> Outbox<M> of(
      ServerCallStreamObserver<M> call, String responseId, SlowReaders readers) {
    Outbox<M> outbox = new Outbox<>(call, responseId, readers);
    call.setOnCancelHandler(outbox::abandon);
    call.setOnReadyHandler(outbox::drain);
    return outbox;
  }

  /** Says what to cancel when the client leaves or is cut off; it may have been already. */
  public void attach(Generation work) {
    boolean late;
    synchronized (this) {
      late = abandoned;
      if (!late) {
        running.add(work);
      }
    }
    if (late) {
      work.cancel();
    }
  }

  /** The work has ended by itself. */
  public synchronized void detach(Generation work) {
    running.remove(work);
  }

  /** Sends or buffers a message; a client that has left too much unread is cut off instead. */
  public void send(M message) {
    if (!offer(message)) {
      abandon();
    }
  }

  /** False when the buffer is full, which ends the call. */
  private synchronized boolean offer(M message) {
    if (closed) {
      return true;
    }
    drain();
    if (!readers.mayWait(buffer.size() + 1, bufferedBytes + message.getSerializedSize())) {
      cut(readers.overflow(responseId));
      return false;
    }
    put(message);
    drain();
    return true;
  }

  /** Sends or buffers a message even where the buffer is full: what ends a piece of work. */
  public synchronized void sendLast(M message) {
    if (!closed) {
      put(message);
      drain();
    }
  }

  @GuardedBy("this")
  private void put(M message) {
    buffer.add(message);
    bufferedBytes += message.getSerializedSize(); // which the message keeps for its sending
  }

  /** Drops what waits and ends the call. */
  @GuardedBy("this")
  private void cut(ServingException failure) {
    buffer.clear();
    ending = () -> observer.onError(GrpcErrors.toStatus(failure));
    drain();
  }

  private void stalled() {
    synchronized (this) {
      if (closed) {
        return;
      }
      cut(readers.stalled());
    }
    cancelRunning();
  }

  /** Ends the call, after the messages that wait. */
  public void complete() {
    end(observer::onCompleted);
  }

  /** Ends the call with an error, after the messages that wait; ends the work. */
  public void fail(Throwable failure) {
    end(() -> observer.onError(GrpcErrors.toStatus(failure)));
    cancelRunning();
  }

  private synchronized void end(Runnable action) {
    if (ending == null) {
      ending = action;
      drain();
    }
  }

  /** Sends what the transport takes. */
  private synchronized void drain() {
    boolean moved = false;
    while (!closed && !buffer.isEmpty() && observer.isReady()) {
      M message = buffer.remove();
      bufferedBytes -= message.getSerializedSize();
      observer.onNext(message);
      moved = true;
    }
    if (!closed && buffer.isEmpty() && ending != null) {
      closed = true;
      ending.run();
    }
    watch.note(!closed && !buffer.isEmpty(), moved);
  }

  /** The client is gone, or is cut off. */
  private void abandon() {
    synchronized (this) {
      closed = true;
      buffer.clear();
      watch.note(false, false);
    }
    cancelRunning();
  }

  private void cancelRunning() {
    List<Generation> ended;
    synchronized (this) {
      abandoned = true;
      ended = List.copyOf(running);
      running.clear();
    }
    ended.forEach(Generation::cancel);
  }
}
