package io.ennead.expert.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.v1.ErrorReason;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CallQueueTest {
  private final CallQueue queue = new CallQueue(new BatchLimits(4, 1000, 1 << 20, 0));

  private static Call call(int layer, int rows, Caller caller) {
    int[] all = IntStream.range(0, rows).toArray();
    return new Call(
        layer, Tile.DECODE, Rows.of(new float[rows], 1), List.of(new Slice(0, all)), caller);
  }

  private static Caller named(String name) {
    return new Caller(name, Long.MAX_VALUE);
  }

  private static Caller within(Duration time) {
    return new Caller("a", System.nanoTime() + time.toNanos());
  }

  /** A row takes 10 ms, and this many wait. */
  private void queueRows(int rows) {
    queue.took(List.of(call(0, 10, Caller.ANYBODY)), Duration.ofMillis(100).toNanos());
    queue.add(call(0, rows, Caller.ANYBODY));
  }

  @Test
  void aCallThatWouldWaitForLongerThanItsCallerIsRefusedAtOnce() {
    queueRows(100);
    assertThatThrownBy(() -> queue.add(call(0, 1, within(Duration.ofMillis(500)))))
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
              assertThat(e).hasMessageContaining("expert queue's time in milliseconds");
              assertThat(e.retryAfter()).isPresent();
            });
    queue.add(call(0, 1, within(Duration.ofSeconds(10))));
    queue.add(call(0, 1, Caller.ANYBODY));
    assertThat(queue.rows()).isEqualTo(102);
  }

  @Test
  void callersTakeTurnsWhateverOneOfThemQueues() throws Exception {
    for (int i = 0; i < 6; i++) {
      queue.add(call(i, 4, named("greedy")));
    }
    queue.add(call(10, 4, named("b")));
    queue.add(call(11, 4, named("c")));
    queue.add(call(12, 4, named("b")));
    StringBuilder order = new StringBuilder();
    for (int i = 0; i < 9; i++) {
      order.append(queue.take().get(0).caller().name().charAt(0));
      queue.leave();
    }
    assertThat(order).hasToString("gbcgbgggg");
  }

  @Test
  void oneCallersCallsKeepTheirOrder() throws Exception {
    for (int layer = 0; layer < 5; layer++) {
      queue.add(call(layer, 4, named("a")));
    }
    for (int layer = 0; layer < 5; layer++) {
      assertThat(queue.take().get(0).layer()).isEqualTo(layer);
      queue.leave();
    }
  }

  @Test
  void whatJoinsABatchIsAnybodys() throws Exception {
    queue.add(call(1, 1, named("a")));
    queue.add(call(2, 1, named("b")));
    queue.add(call(1, 1, named("c")));
    assertThat(queue.take()).extracting(call -> call.caller().name()).containsExactly("a", "c");
  }
}
