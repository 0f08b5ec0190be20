package io.ennead.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.TokenizeRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RetriesTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final RetryPolicy QUICK =
      new RetryPolicy(3, Duration.ofMillis(5), Duration.ofMillis(10));

  private FakeRouter router;
  private EnneadClient client;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
    client = EnneadClient.builder(router.address()).retries(QUICK).build();
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    router.close();
  }

  private void fail(int times, ServingException failure) {
    for (int i = 0; i < times; i++) {
      router.failures.add(failure);
    }
  }

  private static ServingException full(Duration retryAfter) {
    return ServingException.queueFull("requests", 4, retryAfter);
  }

  private Generation generation(Duration limit) {
    return client.generate(GenerateRequest.newBuilder().setText("a b").build(), limit);
  }

  private int tokens() {
    return client.tokenize(TokenizeRequest.newBuilder().setText("abc").build(), LIMIT).getIds(0);
  }

  @Test
  void aCallIsMadeAgainUntilItSucceeds() {
    fail(1, full(Duration.ZERO));
    fail(1, ServingException.loading("model"));
    assertThat(tokens()).isEqualTo(3);
    assertThat(router.calls).hasValue(3);
  }

  @Test
  void aStreamIsMadeAgainBeforeItsFirstPiece() {
    fail(2, ServingException.draining());
    StringBuilder text = new StringBuilder();
    try (Generation pieces = generation(LIMIT)) {
      pieces.forEachRemaining(piece -> text.append(piece.getText()));
    }
    assertThat(text).hasToString("a b");
    assertThat(router.calls).hasValue(3);
  }

  @Test
  void theLastFailureIsSeenWhenTheAttemptsAreOver() {
    fail(9, full(Duration.ZERO));
    assertThatThrownBy(this::tokens)
        .asInstanceOf(type(ServingException.class))
        .extracting(ServingException::reason)
        .isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(router.calls).hasValue(3);
  }

  @Test
  void whatCannotPassIsNotMadeAgain() {
    fail(1, ServingException.invalidField("text", "x", "y"));
    assertThatThrownBy(this::tokens).hasMessage("text: x (expected: y)");
    assertThat(router.calls).hasValue(1);
  }

  @Test
  void aStreamThatHasBegunIsNotMadeAgain() throws Exception {
    try (Generation pieces =
        client.generate(GenerateRequest.newBuilder().setText("forever").build(), LIMIT)) {
      assertThat(pieces.next().getText()).isEqualTo("forever");
      router.close();
      assertThatThrownBy(pieces::hasNext).isInstanceOf(ServingException.class);
    }
    assertThat(router.calls).hasValue(1);
  }

  @Test
  void theServersWaitIsKept() {
    fail(1, full(Duration.ofMillis(300)));
    long begun = System.nanoTime();
    assertThat(tokens()).isEqualTo(3);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(299));
  }

  @Test
  void noAttemptBeginsAfterTheLimit() {
    fail(1, full(Duration.ofSeconds(20)));
    try (Generation pieces = generation(Duration.ofSeconds(5))) {
      assertThatThrownBy(pieces::hasNext).hasMessageContaining("requests is full");
    }
    assertThat(router.calls).hasValue(1);
  }

  @Test
  void cancellingEndsTheWaitForAnAttempt() throws Exception {
    fail(1, full(Duration.ofSeconds(8)));
    try (Generation pieces = generation(LIMIT)) {
      CompletableFuture<Boolean> reader = CompletableFuture.supplyAsync(pieces::hasNext);
      while (router.calls.get() == 0) {
        Thread.sleep(5);
      }
      pieces.cancel();
      assertThatThrownBy(() -> reader.get(5, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ServingException.class)
          .cause()
          .extracting(RetriesTest::reason)
          .isEqualTo(ErrorReason.ERROR_REASON_CANCELLED);
    }
    assertThat(router.calls).hasValue(1);
  }

  @Test
  void whoLeavesBetweenAttemptsIsToldWhatFailed() {
    Retries.Tries tries = new Retries(QUICK).begin(LIMIT);
    tries.stop();
    assertThatThrownBy(() -> tries.pause(full(Duration.ofSeconds(8))))
        .satisfies(RetriesTest::isCancelledAfterQueueFull);
  }

  @Test
  void anInterruptBetweenAttemptsCancelsToo() {
    Thread.currentThread().interrupt();
    Throwable failure =
        catchThrowable(() -> new Retries(QUICK).begin(LIMIT).pause(full(Duration.ofSeconds(8))));
    assertThat(Thread.interrupted()).isTrue();
    isCancelledAfterQueueFull(failure);
  }

  private static void isCancelledAfterQueueFull(Throwable failure) {
    assertThat(reason(failure)).isEqualTo(ErrorReason.ERROR_REASON_CANCELLED);
    assertThat(failure).hasMessage("cancelled before attempt 2");
    assertThat(reason(failure.getCause())).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
  }

  private static ErrorReason reason(Throwable failure) {
    return ((ServingException) failure).reason();
  }

  @Test
  void aServerThatFailsIsAskedLittleMoreOften() {
    fail(1000, full(Duration.ZERO));
    int asked = 100;
    for (int i = 0; i < asked; i++) {
      assertThatThrownBy(this::tokens).isInstanceOf(ServingException.class);
    }
    // What the budget begins with; nothing was earned.
    assertThat(router.calls).hasValue(asked + 10);
  }

  @Test
  void aPlainConnectionShowsEveryFailure() {
    fail(1, full(Duration.ZERO));
    try (EnneadClient plain = EnneadClient.connect(router.address())) {
      assertThatThrownBy(
              () -> plain.tokenize(TokenizeRequest.newBuilder().setText("a").build(), LIMIT))
          .hasMessageContaining("requests is full");
    }
    assertThat(router.calls).hasValue(1);
  }
}
