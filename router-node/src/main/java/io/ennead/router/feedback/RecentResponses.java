package io.ennead.router.feedback;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Responses that may still be rated, bounded in bytes and in time; the oldest go. Thread-safe. */
final class RecentResponses {
  private final long maxBytes;
  private final long maxAgeNanos;
  private final LongSupplier nanoTime;
  private final Map<ResponseKey, Kept> kept = new LinkedHashMap<>();
  private long bytes;

  private record Kept(RecentResponse response, long since) {}

  RecentResponses(long maxBytes, Duration maxAge, LongSupplier nanoTime) {
    this.maxBytes = maxBytes;
    this.maxAgeNanos = maxAge.toNanos();
    this.nanoTime = nanoTime;
  }

  synchronized void add(RecentResponse response) {
    long now = nanoTime.getAsLong();
    remove(response.key());
    kept.put(response.key(), new Kept(response, now));
    bytes += response.bytes();
    Iterator<Kept> oldest = kept.values().iterator();
    while (oldest.hasNext()) {
      Kept next = oldest.next();
      if (bytes <= maxBytes && now - next.since() <= maxAgeNanos) {
        return;
      }
      bytes -= next.response().bytes();
      oldest.remove();
    }
  }

  synchronized Optional<RecentResponse> find(ResponseKey key) {
    return Optional.ofNullable(kept.get(key))
        .filter(one -> nanoTime.getAsLong() - one.since() <= maxAgeNanos)
        .map(Kept::response);
  }

  synchronized void remove(ResponseKey key) {
    Kept removed = kept.remove(key);
    bytes -= removed == null ? 0 : removed.response().bytes();
  }

  synchronized void forget(String responseId, String tenant) {
    kept.values().stream()
        .map(Kept::response)
        .filter(one -> one.key().responseId().equals(responseId) && one.tenant().equals(tenant))
        .toList()
        .forEach(one -> remove(one.key()));
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized int count() {
    return kept.size();
  }
}
