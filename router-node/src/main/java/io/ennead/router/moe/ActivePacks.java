package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The packs that new requests get to know, and who still knows others: a snapshot behind one
 * volatile, and how many hold each. A sequence keeps the snapshot that it began with. Thread-safe;
 * one caller at a time changes it.
 */
public final class ActivePacks {
  private volatile GatePacks current = GatePacks.NONE;
  private final Map<GatePacks, Integer> holders = new IdentityHashMap<>(); // guarded by this

  /** What new requests get. */
  public GatePacks current() {
    return current;
  }

  /** What a request that begins now keeps until its {@link #release}. */
  public synchronized GatePacks hold() {
    return hold(current);
  }

  /** The same for more of a request that has begun. */
  public synchronized GatePacks hold(GatePacks packs) {
    holders.merge(packs, 1, Integer::sum);
    return packs;
  }

  /** One holder less. */
  public synchronized void release(GatePacks packs) {
    holders.computeIfPresent(packs, (same, count) -> count == 1 ? null : count - 1);
    notifyAll();
  }

  /** New requests get these from now on. */
  public synchronized void become(GatePacks next) {
    current = next;
  }

  /**
   * Waits until nobody knows a pack any more, which {@link #become} has taken away.
   *
   * @return false when the time is over
   * @throws ServingException CANCELLED when interrupted
   */
  public synchronized boolean awaitUnknown(GatePack pack, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (holders.keySet().stream().anyMatch(held -> held.packs().contains(pack))) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ServingException.cancelled("interrupted");
      }
    }
    return true;
  }
}
