package io.ennead.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What a node still waits for. Ready when every part that was announced is done, so parts are
 * announced before servers start. Thread-safe; listeners run on the thread that made the change,
 * without a lock held, and read the state themselves.
 */
public final class Readiness {
  @GuardedBy("this")
  private final Map<String, String> waiting = new LinkedHashMap<>();

  @GuardedBy("this")
  private boolean draining;

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Adds a part that is not ready, or changes what is said about it. */
  public void waitFor(String part, String detail) {
    boolean changed;
    synchronized (this) {
      changed = !detail.equals(waiting.put(part, detail));
    }
    if (changed) {
      tell();
    }
  }

  /** A part is ready; it may be waited for again later. */
  public void done(String part) {
    boolean changed;
    synchronized (this) {
      changed = waiting.remove(part) != null;
    }
    if (changed) {
      tell();
    }
  }

  /** Never ready again. */
  public void drain() {
    synchronized (this) {
      if (draining) {
        return;
      }
      draining = true;
    }
    tell();
  }

  /** Whether calls are served. */
  public synchronized boolean ready() {
    return !draining && waiting.isEmpty();
  }

  /** Whether the node is shutting down. */
  public synchronized boolean draining() {
    return draining;
  }

  /** What is missing, "part: detail" each, in the order announced; empty when ready. */
  public synchronized List<String> missing() {
    if (draining) {
      return List.of("draining");
    }
    List<String> missing = new ArrayList<>();
    waiting.forEach((part, detail) -> missing.add(part + ": " + detail));
    return List.copyOf(missing);
  }

  /** Runs an action after every change. */
  public void onChange(Runnable action) {
    listeners.add(action);
  }

  /**
   * Waits until the node is ready.
   *
   * @throws IllegalStateException when the time is over, saying what is missing
   */
  public void await(Duration limit) throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(1);
    onChange(
        () -> {
          if (ready()) {
            ready.countDown();
          }
        });
    if (!ready() && !ready.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          "not ready after %s: %s".formatted(limit, String.join("; ", missing())));
    }
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }
}
