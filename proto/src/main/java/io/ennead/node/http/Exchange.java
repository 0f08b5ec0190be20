package io.ennead.node.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, which is given once: whole, or as a stream. Thread-safe; nothing here
 * blocks. What is given after the client has left goes nowhere.
 */
public final class Exchange {
  private final Outbound outbound;
  private final BiConsumer<Supplier<Answer>, Consumer<Answer>> maker;
  private final Runnable bodyDropped;
  private volatile Request request;
  private final AtomicBoolean answered = new AtomicBoolean();

  @GuardedBy("this")
  private @Nullable Gone gone;

  @GuardedBy("this")
  private @Nullable Consumer<Gone> whenGone;

  /** Why an answer cannot be completed. */
  public enum Gone {
    /** The client has closed the connection, or wants the head alone. */
    LEFT,
    /** It left more unread than may wait. */
    OVERFLOW,
    /** It took nothing for too long. */
    STALLED,
    /** The server's time to end is over. */
    CLOSING
  }

  /**
   * An exchange that says when it holds the request's body no more.
   *
   * @param maker has an answer made elsewhere, and says what it was
   */
  Exchange(
      Request request,
      Outbound outbound,
      BiConsumer<Supplier<Answer>, Consumer<Answer>> maker,
      Runnable bodyDropped) {
    this.request = request;
    this.outbound = outbound;
    this.maker = maker;
    this.bodyDropped = bodyDropped;
  }

  /** The handler has returned: answers that go on for long hold no bodies. */
  void dropBody() {
    request = request.withoutBody();
    bodyDropped.run();
  }

  /** What is answered; without its body once the handler has returned. */
  public Request request() {
    return request;
  }

  /**
   * Gives a whole answer.
   *
   * @throws IllegalStateException when one has been given
   */
  public void answer(Answer answer) {
    requireFirst();
    outbound.whole(answer);
  }

  /**
   * Gives a whole answer that is long in the making: for a caller that must not be held up. One of
   * the server's handler threads makes it, or the caller where none can. It is given from now on.
   *
   * @throws IllegalStateException when one has been given
   */
  public void answerLater(Supplier<Answer> answer) {
    requireFirst();
    maker.accept(answer, outbound::whole);
  }

  /**
   * Begins a streamed answer.
   *
   * @throws IllegalStateException when an answer has been given
   */
  public StreamedAnswer stream(Answer head) {
    requireFirst();
    outbound.begin(head);
    if (request.method().equals("HEAD")) {
      outbound.end();
      leave(Gone.LEFT);
    }
    return new StreamedAnswer(outbound);
  }

  private void requireFirst() {
    if (!answered.compareAndSet(false, true)) {
      throw new IllegalStateException("the request has been answered");
    }
  }

  /** Whether an answer has been given, or begun. */
  public boolean answered() {
    return answered.get();
  }

  /**
   * Says what to do when the answer cannot be completed, which may be so already. Runs once, on
   * this thread or the transport's, and must not block.
   */
  public void onGone(Consumer<Gone> action) {
    Gone already;
    synchronized (this) {
      whenGone = action;
      already = gone;
    }
    if (already != null) {
      action.accept(already);
    }
  }

  /** The answer cannot be completed. */
  void leave(Gone why) {
    Consumer<Gone> action;
    synchronized (this) {
      if (gone != null) {
        return;
      }
      gone = why;
      action = whenGone;
    }
    if (action != null) {
      action.accept(why);
    }
  }
}
