package io.ennead.router.moe;

import java.util.ArrayList;
import java.util.List;

/** Time limit and cancellation of one batch of work, passed down to the network. Thread-safe. */
public final class CallScope {
  private final long deadlineNanos;
  private final List<Runnable> onCancel = new ArrayList<>();
  private boolean cancelled;

  private CallScope(long deadlineNanos) {
    this.deadlineNanos = deadlineNanos;
  }

  /** A scope that ends at a {@link System#nanoTime()}; {@link Long#MAX_VALUE} for none. */
  public static CallScope until(long deadlineNanos) {
    return new CallScope(deadlineNanos);
  }

  /** A scope without a time limit of its own. */
  public static CallScope unbounded() {
    return new CallScope(Long.MAX_VALUE);
  }

  /** Nanoseconds left; {@link Long#MAX_VALUE} when unbounded, zero or less when over. */
  public long remainingNanos() {
    return deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - System.nanoTime();
  }

  /** Ends the scope: runs every action that was registered, once. */
  public void cancel() {
    List<Runnable> actions;
    synchronized (this) {
      if (cancelled) {
        return;
      }
      cancelled = true;
      actions = List.copyOf(onCancel);
      onCancel.clear();
    }
    actions.forEach(Runnable::run);
  }

  /** Whether {@link #cancel()} was called. */
  public synchronized boolean cancelled() {
    return cancelled;
  }

  /** Registers an action for the cancellation; runs it at once when that has happened already. */
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        onCancel.add(action);
        return;
      }
    }
    action.run();
  }
}
