package io.ennead.router.feedback;

import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import io.ennead.router.feedback.Feedback.Outcome;
import io.ennead.v1.ErrorReason;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that uses the database, with a bounded queue before it: whoever rates never waits
 * for a disk. A database that fails is opened again with the next change.
 */
final class FeedbackWriter implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(FeedbackWriter.class);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(30);

  private final FeedbackOptions options;
  private final RecentResponses recent;
  private final ThreadPoolExecutor thread;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("feedback-retention"));
  private @Nullable FeedbackStore store; // of the thread
  private volatile boolean retentionDue;

  private FeedbackWriter(FeedbackOptions options, RecentResponses recent) {
    this.options = options;
    this.recent = recent;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(options.queue()),
            DaemonThreads.named("feedback"));
  }

  static FeedbackWriter start(FeedbackOptions options, RecentResponses recent) {
    FeedbackWriter writer = new FeedbackWriter(options, recent);
    try {
      writer.store = FeedbackStore.open(options.location());
      writer.retain();
      long minutes = 1; // for the retention of a router that nobody rates
      var unused =
          writer.clock.scheduleWithFixedDelay(writer::tick, minutes, minutes, TimeUnit.MINUTES);
      return writer;
    } catch (SQLException e) {
      throw new IllegalArgumentException("feedback-db: " + e.getMessage(), e);
    }
  }

  /** Work on the database. */
  @FunctionalInterface
  private interface Change<T> {
    T apply(FeedbackStore store) throws SQLException;
  }

  CompletableFuture<Outcome> record(ResponseKey key, Rating rating, String tenant) {
    return submit(store -> record(store, key, rating, tenant));
  }

  private Outcome record(FeedbackStore store, ResponseKey key, Rating rating, String tenant)
      throws SQLException {
    Optional<RecentResponse> response = recent.find(key).filter(one -> one.tenant().equals(tenant));
    if (response.isPresent()) {
      requireFitting(rating, response.get());
      if (store.insert(response.get().rated(rating, System.currentTimeMillis()))) {
        recent.remove(key);
        return Outcome.RECORDED;
      }
    }
    return store
        .find(key)
        .filter(row -> row.tenant().equals(tenant))
        .map(row -> requireSame(row, rating))
        .orElseThrow(() -> notFound(key));
  }

  private static void requireFitting(Rating rating, RecentResponse response) {
    int ratings = rating.tokens().size();
    if (ratings > 0 && ratings != response.generatedTokens()) {
      throw ServingException.invalidField(
          "token_ratings",
          ratings + " ratings",
          "%d, one per generated token".formatted(response.generatedTokens()));
    }
  }

  private static Outcome requireSame(RatedResponse row, Rating rating) {
    if (row.rating().equals(rating)) {
      return Outcome.REPEATED;
    }
    throw ServingException.of(
        ErrorReason.ERROR_REASON_ALREADY_RATED,
        "response %s, continuation %d has another rating already"
            .formatted(row.key().responseId(), row.key().index()),
        Map.of("response_id", row.key().responseId()));
  }

  private static ServingException notFound(ResponseKey key) {
    return ServingException.of(
        ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND,
        "response %s, continuation %d: not one of this router's recent responses to the caller"
            .formatted(key.responseId(), key.index()),
        Map.of("response_id", key.responseId()));
  }

  CompletableFuture<Integer> delete(String responseId, String tenant) {
    return submit(
        store -> {
          recent.forget(responseId, tenant);
          return store.delete(responseId, tenant);
        });
  }

  private void tick() {
    retentionDue = true;
    try {
      var unused = submit(store -> 0);
    } catch (ServingException e) {
      logger.debug("no time for the retention: {}", e.getMessage());
    }
  }

  private <T> CompletableFuture<T> submit(Change<T> change) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      thread.execute(() -> run(change, result));
    } catch (RejectedExecutionException e) {
      throw thread.isShutdown()
          ? ServingException.draining()
          : ServingException.queueFull("queue of ratings", options.queue(), RETRY_AFTER);
    }
    return result;
  }

  private <T> void run(Change<T> change, CompletableFuture<T> result) {
    try {
      FeedbackStore open = store;
      if (open == null) {
        open = FeedbackStore.open(options.location());
        store = open;
      }
      result.complete(change.apply(open));
      if (retentionDue) {
        retentionDue = false;
        retain();
      }
    } catch (SQLException e) {
      logger.error("feedback database: {}", e.getMessage());
      closeStore();
      result.completeExceptionally(unavailable());
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private static ServingException unavailable() {
    return ServingException.of(
        ErrorReason.ERROR_REASON_FEEDBACK_UNAVAILABLE,
        "the database of ratings cannot be used now; nothing was recorded",
        Map.of());
  }

  private void retain() throws SQLException {
    if (store != null) {
      long since = System.currentTimeMillis() - options.retention().toMillis();
      int deleted = store.retain(since, options.maxRows());
      if (deleted > 0) {
        logger.info("retention: {} ratings deleted", deleted);
      }
    }
  }

  private void closeStore() {
    try {
      if (store != null) {
        store.close();
      }
    } catch (SQLException e) {
      logger.warn("feedback database: {}", e.getMessage());
    } finally {
      store = null;
    }
  }

  /** Writes what waits, then closes the database. */
  @Override
  public void close() {
    clock.shutdownNow();
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        logger.error("ratings are still being written {} s after the end", CLOSE_LIMIT.toSeconds());
        return;
      }
      closeStore();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
