package io.ennead.client.load;

import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Waits for the moment of the next request. Moments are nanoseconds from the start of the run. */
interface Pace {

  /** Waits until the next request is due and says when that was; empty: none before the end. */
  OptionalLong next() throws InterruptedException;

  /** A request has ended. */
  void ended();

  /**
   * The pace of a run.
   *
   * @param start {@link System#nanoTime()} of its start
   * @param end the moment from which nothing is sent
   */
  static Pace of(Arrivals arrivals, long seed, long start, long end) {
    if (arrivals instanceof Arrivals.Poisson poisson) {
      return new Open(poisson.perSecond(), new Random(seed), start, end);
    }
    return new Closed(new Semaphore(((Arrivals.Closed) arrivals).clients()), start, end);
  }

  /** When another has ended. */
  record Closed(Semaphore clients, long start, long end) implements Pace {
    @Override
    public OptionalLong next() throws InterruptedException {
      long left = end - (System.nanoTime() - start);
      if (left <= 0 || !clients.tryAcquire(left, TimeUnit.NANOSECONDS)) {
        return OptionalLong.empty();
      }
      long now = System.nanoTime() - start;
      if (now >= end) { // it was acquired at the last moment
        clients.release();
        return OptionalLong.empty();
      }
      return OptionalLong.of(now);
    }

    @Override
    public void ended() {
      clients.release();
    }
  }

  /** At random moments, with exponential times between them. */
  final class Open implements Pace {
    private final double perSecond;
    private final Random random;
    private final long start;
    private final long end;
    private double due;

    Open(double perSecond, Random random, long start, long end) {
      this.perSecond = perSecond;
      this.random = random;
      this.start = start;
      this.end = end;
    }

    @Override
    public OptionalLong next() throws InterruptedException {
      due -= Math.log(1 - random.nextDouble()) / perSecond * 1e9;
      if (due >= end) {
        return OptionalLong.empty();
      }
      sleepUntil(start + (long) due);
      return OptionalLong.of((long) due);
    }

    private static void sleepUntil(long moment) throws InterruptedException {
      for (long left = moment - System.nanoTime(); left > 0; left = moment - System.nanoTime()) {
        TimeUnit.NANOSECONDS.sleep(left);
      }
    }

    @Override
    public void ended() {}
  }
}
