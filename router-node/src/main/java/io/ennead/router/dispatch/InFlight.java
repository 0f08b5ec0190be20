package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/**
 * The calls of one layer that are under way, so that one cancellation reaches all, those sent later
 * too. Thread-safe.
 */
final class InFlight {
  @GuardedBy("this")
  private final List<Future<?>> calls = new ArrayList<>();

  @GuardedBy("this")
  private boolean cancelled;

  void add(Future<?> call) {
    synchronized (this) {
      if (!cancelled) {
        calls.add(call);
        return;
      }
    }
    call.cancel(true);
  }

  /** Cancels what has not ended. */
  void cancel() {
    List<Future<?>> all;
    synchronized (this) {
      cancelled = true;
      all = List.copyOf(calls);
      calls.clear();
    }
    all.forEach(call -> call.cancel(true));
  }
}
