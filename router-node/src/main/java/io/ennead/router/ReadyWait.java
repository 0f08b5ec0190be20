package io.ennead.router;

import io.ennead.node.Readiness;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waiting for readiness. */
final class ReadyWait {
  private ReadyWait() {}

  static void await(Readiness readiness, Duration limit) throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(1);
    readiness.onChange(
        () -> {
          if (readiness.ready()) {
            ready.countDown();
          }
        });
    if (!readiness.ready() && !ready.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          "not ready after %s: %s".formatted(limit, String.join("; ", readiness.missing())));
    }
  }
}
