package io.ennead.client;

import io.ennead.errors.ServingException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Asks again as a policy says, under a budget that all calls of a client share: a retry costs ten
 * calls' worth, so a server that fails is asked at most a tenth more often (gRPC's {@code
 * retryThrottling}: maxTokens 10, tokenRatio 0.1). Safe for use by several threads.
 */
final class Retries {
  private static final int PRICE = 10;
  private static final int MOST = 10 * PRICE;

  private final RetryPolicy policy;
  private final AtomicInteger budget = new AtomicInteger(MOST);

  Retries(RetryPolicy policy) {
    this.policy = policy;
  }

  /** A call that may last for {@code limit}, all its attempts together. */
  Tries begin(Duration limit) {
    return new Tries(limit);
  }

  /** Calls until there is an answer or a failure to be seen; {@code rpc} is told its time limit. */
  <T> T call(Duration limit, Function<Duration, T> rpc) {
    Tries tries = begin(limit);
    while (true) {
      try {
        T answer = rpc.apply(tries.left());
        succeeded();
        return answer;
      } catch (ServingException e) {
        tries.pause(e);
      }
    }
  }

  /** Earns a tenth of a retry. */
  void succeeded() {
    budget.updateAndGet(tokens -> Math.min(MOST, tokens + 1));
  }

  private boolean afford() {
    return budget.getAndUpdate(tokens -> tokens >= PRICE ? tokens - PRICE : tokens) >= PRICE;
  }

  /** The attempts of one call. One thread tries; any may {@link #stop()}. */
  final class Tries {
    private final long deadline;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private int tried;

    private Tries(Duration limit) {
      deadline = System.nanoTime() + limit.toNanos();
    }

    /** What is left of the time limit; not negative. */
    Duration left() {
      return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    /** No attempt follows. */
    void stop() {
      stopped.countDown();
    }

    /**
     * Waits until the next attempt.
     *
     * @throws ServingException the failure, when there is none; CANCELLED with the failure as its
     *     cause when the caller leaves meanwhile
     */
    void pause(ServingException failure) {
      tried++;
      Duration delay = delay(failure);
      boolean again =
          RetryPolicy.mayPass(failure)
              && tried < policy.attempts()
              && delay.compareTo(left()) < 0
              && afford();
      if (!again) {
        throw failure;
      }
      if (stoppedWithin(delay)) {
        throw ServingException.cancelled("cancelled before attempt " + (tried + 1), failure);
      }
    }

    private Duration delay(ServingException failure) {
      long ceiling = policy.ceiling(tried).toNanos();
      Duration drawn = Duration.ofNanos(ThreadLocalRandom.current().nextLong(ceiling + 1));
      Duration asked = failure.retryAfter().orElse(Duration.ZERO);
      return asked.plus(drawn);
    }

    private boolean stoppedWithin(Duration delay) {
      try {
        return stopped.await(delay.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return true;
      }
    }
  }
}
