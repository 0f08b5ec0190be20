package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Streams that each send one request after the other, from a list that all of them go round, until
 * they are told to stop. Started and stopped by one thread.
 */
final class Load {
  /** More than any bound on the end of a request, so that a missing end is seen as one. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

  private final Client client;
  private final List<GenerateRequest> requests;
  private final Duration limit;
  private final AtomicInteger next = new AtomicInteger();
  private final List<Thread> streams = new ArrayList<>();
  private volatile boolean stopped;

  private Load(Client client, List<GenerateRequest> requests, Duration limit) {
    this.client = client;
    this.requests = requests;
    this.limit = limit;
  }

  /** Begins to send. */
  static Load start(Client client, List<GenerateRequest> requests, Duration limit, int streams) {
    Load load = new Load(client, requests, limit);
    for (int i = 0; i < streams; i++) {
      Thread stream = FaultProxy.daemon("load-" + i, load::stream);
      load.streams.add(stream);
      stream.start();
    }
    return load;
  }

  /** Sends each request once, several at a time, and returns when all have ended. */
  static void once(Client client, List<GenerateRequest> requests, Duration limit, int streams)
      throws InterruptedException {
    Load load = new Load(client, requests, limit);
    for (int i = 0; i < streams; i++) {
      load.streams.add(FaultProxy.daemon("load-" + i, load::sendRest));
    }
    load.streams.forEach(Thread::start);
    load.join(limit.multipliedBy(requests.size()));
  }

  private void sendRest() {
    for (int i = next.getAndIncrement(); i < requests.size(); i = next.getAndIncrement()) {
      send(i);
    }
  }

  private void stream() {
    while (!stopped) {
      if (!send(next.getAndIncrement() % requests.size())) {
        pause(); // what is refused at once would be sent again without end
      }
    }
  }

  private boolean send(int number) {
    try {
      return client
          .send(number, requests.get(number), limit)
          .ended()
          .get(limit.plus(PATIENCE).toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return false; // the history has no end of it, which its checker finds
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      stopped = true;
      return false;
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_AFTER_FAILURE.toMillis());
    } catch (InterruptedException e) {
      stopped = true;
    }
  }

  /** Sends no more. */
  void stop() {
    stopped = true;
  }

  /** Sends no more and waits for what is under way. */
  void end() throws InterruptedException {
    stop();
    join(limit.plus(PATIENCE).plus(PATIENCE));
  }

  private void join(Duration wait) throws InterruptedException {
    long end = System.nanoTime() + wait.toNanos();
    for (Thread stream : streams) {
      stream.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
    }
  }
}
