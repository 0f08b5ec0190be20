package io.ennead.router.api;

import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;

/** The deadline of the call that the current thread serves. */
final class CallDeadline {
  private CallDeadline() {}

  /** As a {@link System#nanoTime()}; {@link Long#MAX_VALUE} when the caller gave none. */
  static long nanos() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return Long.MAX_VALUE;
    }
    return System.nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }
}
