package io.ennead.router.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells those who watch what the cluster does: {@code model} first and once, then {@code snapshot}
 * once a second and {@code timeline} when something happened. A thread runs only while somebody
 * watches. Who is slow misses snapshots, never incidents; who takes nothing for {@value
 * #MOST_MISSED} of them is sent away. Thread-safe.
 */
final class Feed implements AutoCloseable {
  static final int MOST_WATCHERS = 16;
  static final int MOST_MISSED = 30;

  private static final Logger logger = LoggerFactory.getLogger(Feed.class);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  private final Sampler sampler;
  private final Timeline timeline;
  private final Duration interval;
  private final ObjectMapper json =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();
  private final ScheduledThreadPoolExecutor thread;

  @GuardedBy("this")
  private final Map<Watcher, Seen> watchers = new IdentityHashMap<>();

  @GuardedBy("this")
  private @Nullable ScheduledFuture<?> ticking;

  /** How far a watcher is; used by the feed's thread only. */
  private static final class Seen {
    private boolean greeted;
    private long change;
    private int missed;
  }

  Feed(Sources sources, Timeline timeline) {
    this(sources, timeline, Duration.ofSeconds(1), System::currentTimeMillis);
  }

  Feed(Sources sources, Timeline timeline, Duration interval, LongSupplier clock) {
    this.sampler = new Sampler(sources, clock);
    this.timeline = timeline;
    this.interval = interval;
    this.thread = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("console-feed"));
    thread.setRemoveOnCancelPolicy(true);
    thread.setKeepAliveTime(interval.toMillis() + 1, TimeUnit.MILLISECONDS);
    thread.allowCoreThreadTimeOut(true);
  }

  /**
   * Begins to tell somebody.
   *
   * @throws ServingException QUEUE_FULL when too many watch
   */
  synchronized void watch(Watcher watcher) {
    if (watchers.size() == MOST_WATCHERS) {
      throw ServingException.queueFull("watchers of the console", MOST_WATCHERS, RETRY_AFTER);
    }
    watchers.put(watcher, new Seen());
    if (ticking == null) {
      ticking = thread.scheduleAtFixedRate(this::tick, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Stops telling somebody; harmless twice. */
  synchronized void leave(Watcher watcher) {
    watchers.remove(watcher);
    if (watchers.isEmpty() && ticking != null) {
      ticking.cancel(false);
      ticking = null;
    }
  }

  private synchronized Map<Watcher, Seen> watchers() {
    return new IdentityHashMap<>(watchers);
  }

  private void tick() {
    try {
      String snapshot = write(sampler.take());
      watchers().forEach((watcher, seen) -> tell(watcher, seen, snapshot));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) { // the next one may do
      logger.warn("the console's feed missed a snapshot", e);
    }
  }

  private void tell(Watcher watcher, Seen seen, String snapshot) {
    if (!watcher.ready()) {
      if (++seen.missed == MOST_MISSED) {
        watcher.close();
        leave(watcher);
      }
      return;
    }
    seen.missed = 0;
    if (!seen.greeted) {
      watcher.send("model", write(sampler.model()));
      seen.greeted = true;
    }
    watcher.send("snapshot", snapshot);
    List<Incident> news = timeline.since(seen.change);
    if (!news.isEmpty()) {
      watcher.send("timeline", write(news));
      seen.change = news.stream().mapToLong(Incident::change).max().orElseThrow();
    }
  }

  private String write(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends everybody away and stops the thread. */
  @Override
  public void close() {
    thread.shutdownNow();
    watchers()
        .keySet()
        .forEach(
            watcher -> {
              watcher.close();
              leave(watcher);
            });
  }
}
