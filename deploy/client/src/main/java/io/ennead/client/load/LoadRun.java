package io.ennead.client.load;

import io.ennead.client.EnneadClient;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends what a plan says and notes what comes back. Run once, by one thread; {@link #progress()}
 * may be asked for by others.
 */
public final class LoadRun {
  private static final int SIGNIFICANT_DIGITS = 3;

  private final List<EnneadClient> clients;
  private final LoadPlan plan;
  private final Supplier<GenerateRequest> requests;
  private final Queue<RequestRecord> records = new ConcurrentLinkedQueue<>();
  private final Histogram gaps = new ConcurrentHistogram(SIGNIFICANT_DIGITS);
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();

  /** A permit for each request that has ended and whose record is there. */
  private final Semaphore answers = new Semaphore(0);

  /**
   * A run that has not begun.
   *
   * @param clients take turns; stay the caller's
   * @param requests what to send, asked for by the thread that runs this
   */
  public LoadRun(List<EnneadClient> clients, LoadPlan plan, Supplier<GenerateRequest> requests) {
    this.clients = List.copyOf(clients);
    this.plan = plan;
    this.requests = requests;
  }

  /**
   * How far a run is.
   *
   * @param sent requests sent
   * @param ended of these, how many have ended
   */
  public record Progress(int sent, int ended) {}

  /** How far it is. */
  public Progress progress() {
    return new Progress(sent.get(), ended.get());
  }

  /** Sends everything and awaits the answers; each has the plan's limit of time. */
  public LoadResult run() throws InterruptedException {
    Instant started = Instant.now();
    long start = System.nanoTime();
    long end = plan.duration().map(Duration::toNanos).orElse(Long.MAX_VALUE);
    Pace pace = Pace.of(plan.arrivals(), plan.seed() + 1, start, end);
    while (sent.get() < plan.total()) {
      OptionalLong due = pace.next();
      if (due.isEmpty()) {
        break;
      }
      EnneadClient client = clients.get(sent.getAndIncrement() % clients.size());
      send(client, pace, start, due.getAsLong());
    }
    answers.acquire(sent.get());
    return new LoadResult(plan, List.copyOf(records), gaps, started, nanos());
  }

  private void send(EnneadClient client, Pace pace, long start, long due) {
    GenerateRequest request = requests.get();
    PendingRequest pending = new PendingRequest(request, gaps, start, due);
    var unused =
        client
            .generate(request, plan.timeout(), pending::piece)
            .whenComplete((finish, failure) -> note(pending, finish, failure, pace));
  }

  private void note(
      PendingRequest pending, @Nullable Finish finish, @Nullable Throwable failure, Pace pace) {
    records.add(pending.ended(finish, failure));
    ended.incrementAndGet();
    pace.ended();
    answers.release();
  }

  private long nanos() {
    return records.stream().mapToLong(r -> r.dueNanos() + r.nanos()).reduce(1, Math::max);
  }
}
