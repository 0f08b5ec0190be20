package io.ennead.router.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.access.Tenant;
import java.util.HashMap;
import java.util.Map;

/**
 * A number of places that calls take at once or not at all. A tenant that is known by name may hold
 * as many as are free, times its share, so that none takes them all. Thread-safe.
 */
final class SharedPlaces {
  /** Of tenants that hold any. */
  @GuardedBy("this")
  private final Map<String, Integer> taken = new HashMap<>();

  @GuardedBy("this")
  private int free;

  SharedPlaces(int places) {
    this.free = places;
  }

  /** Takes places; false when there are too few for this tenant. */
  synchronized boolean tryTake(Tenant tenant, int places) {
    int own = taken.getOrDefault(tenant.name(), 0) + places;
    if (places > free || (tenant.named() && own > (long) tenant.share() * free)) {
      return false;
    }
    taken.put(tenant.name(), own);
    free -= places;
    return true;
  }

  /** Gives back what was taken. */
  synchronized void giveBack(Tenant tenant, int places) {
    taken.computeIfPresent(
        tenant.name(), (name, own) -> own == places ? null : Integer.valueOf(own - places));
    free += places;
  }
}
