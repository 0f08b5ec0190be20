package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.router.peer.PeerReply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How the calls of one layer ended, for the one thread that waits for them. It is woken when there
 * is something to do: all have ended, or one has failed, or one of several nodes that were asked
 * for the same has answered. Thread-safe.
 */
final class Replies {
  @GuardedBy("this")
  private List<Reply> ended = new ArrayList<>();

  @GuardedBy("this")
  private int outstanding;

  @GuardedBy("this")
  private boolean urgent;

  /** Some rows have been sent twice, so that any answer may be the last that is needed. */
  @GuardedBy("this")
  private boolean doubled;

  /** When the first reply came and the last one, a {@link System#nanoTime()}. */
  @GuardedBy("this")
  private long firstAt;

  @GuardedBy("this")
  private long lastAt;

  @GuardedBy("this")
  private boolean any;

  /** How one call ended: with an answer or a failure. */
  record Reply(NodeCall call, @Nullable PeerReply answer, @Nullable Throwable failure) {}

  /** A call is about to be sent. */
  synchronized void expect(NodeCall call) {
    outstanding++;
    doubled |= call.reason() != NodeCall.Reason.FIRST;
  }

  synchronized void add(Reply reply) {
    outstanding--;
    ended.add(reply);
    lastAt = System.nanoTime();
    firstAt = any ? firstAt : lastAt;
    any = true;
    urgent |= doubled || reply.failure() != null;
    if (urgent || outstanding == 0) {
      notifyAll();
    }
  }

  /** Nanoseconds between the first call's end and the last one's so far. */
  synchronized long spread() {
    return lastAt - firstAt;
  }

  /** There is something to see, though no call has ended. */
  synchronized void wake() {
    urgent = true;
    notifyAll();
  }

  /** What has ended since last time; returns when the time is over, too. */
  synchronized List<Reply> await(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    long left = nanos;
    while (!urgent && outstanding > 0 && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = end - System.nanoTime();
    }
    urgent = false;
    List<Reply> taken = ended;
    ended = new ArrayList<>();
    return taken;
  }
}
