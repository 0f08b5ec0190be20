package io.ennead.learn.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Results come in order, and not more of them than may be there. */
@Timeout(30)
class PrefetchTest {

  @Test
  void resultsComeInOrderAndAreBounded() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    Semaphore odd = new Semaphore(0);
    try (Prefetch<Integer> prefetch =
        Prefetch.start(
            IntStream.range(0, 20)
                .<Callable<Integer>>mapToObj(
                    i ->
                        () -> {
                          begun.incrementAndGet();
                          if (i % 2 == 1) {
                            odd.acquire();
                          }
                          return i;
                        })
                .iterator(),
            3,
            5)) {
      Awaitility.await().until(() -> begun.get() >= 3);
      assertThat(begun.get()).isLessThanOrEqualTo(5);
      odd.release(10);
      Awaitility.await().until(() -> begun.get() == 5);
      for (int i = 0; i < 20; i++) {
        assertThat(prefetch.next()).isEqualTo(i);
        assertThat(begun.get()).isLessThanOrEqualTo(Math.min(20, 5 + i + 1));
      }
    }
  }

  @Test
  void aFailureComesInItsPlace() throws Exception {
    try (Prefetch<Integer> prefetch =
        Prefetch.start(
            IntStream.range(0, 3)
                .<Callable<Integer>>mapToObj(
                    i ->
                        () -> {
                          if (i == 1) {
                            throw new IOException("gone");
                          }
                          return i;
                        })
                .iterator(),
            2,
            3)) {
      assertThat(prefetch.next()).isZero();
      assertThatThrownBy(prefetch::next).isInstanceOf(IOException.class).hasMessage("gone");
    }
  }
}
