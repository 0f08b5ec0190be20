package io.ennead.router.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.feedback.Feedback.Outcome;
import io.ennead.v1.ErrorReason;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FeedbackTest {
  private static final String ANNA = "key:anna";
  private static final ResponseKey A = new ResponseKey("a", 0);
  private static final Rating GOOD = new Rating(1, List.of(), "");
  private static final Rating BAD = new Rating(-1, List.of(), "");

  @TempDir private Path directory;
  private final AtomicLong now = new AtomicLong();
  private RecentResponses recent = new RecentResponses(0, Duration.ZERO, now::get);
  private FeedbackWriter writer = null;

  @BeforeEach
  void open() {
    recent = new RecentResponses(5000, Duration.ofHours(1), now::get);
    writer = FeedbackWriter.start(options(directory.resolve("f.db").toString(), 1024), recent);
  }

  private static FeedbackOptions options(String location, int queue) {
    return new FeedbackOptions(
        location, 5000, Duration.ofHours(1), Duration.ofDays(1), 1000, queue);
  }

  @AfterEach
  void close() {
    writer.close();
  }

  private static void assertFails(CompletableFuture<?> result, ErrorReason reason) {
    assertThatThrownBy(result::join)
        .isInstanceOf(CompletionException.class)
        .satisfies(e -> assertThat(((ServingException) e.getCause()).reason()).isEqualTo(reason));
  }

  @Test
  void aRatingIsInTheDatabaseWithTheChoicesThatItIsAbout() throws SQLException {
    recent.add(Samples.recent("a", 1));
    assertThat(writer.record(A, GOOD, ANNA).join()).isEqualTo(Outcome.RECORDED);
    assertThat(recent.count()).isZero();
    assertThat(recent.bytes()).isZero();
    try (FeedbackStore store = FeedbackStore.open(directory.resolve("f.db").toString())) {
      RatedResponse row = store.find(A).orElseThrow();
      assertThat(row.rating()).isEqualTo(GOOD);
      assertThat(row.choices().orElseThrow().decisions())
          .usingRecursiveComparison()
          .isEqualTo(Samples.decisions(1));
      assertThat(row.choices().orElseThrow().logProbabilities()).hasSize(6);
    }
  }

  @Test
  void theSameRatingAgainChangesNothingAndAnotherIsRefused() {
    recent.add(Samples.recent("a", 1));
    writer.record(A, GOOD, ANNA).join();
    assertThat(writer.record(A, GOOD, ANNA).join()).isEqualTo(Outcome.REPEATED);
    assertFails(writer.record(A, BAD, ANNA), ErrorReason.ERROR_REASON_ALREADY_RATED);
  }

  @Test
  void ofManyAtOnceOneIsRecorded() throws Exception {
    recent.add(Samples.recent("a", 1));
    CountDownLatch go = new CountDownLatch(1);
    List<CompletableFuture<Outcome>> ratings = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      ratings.add(
          CompletableFuture.supplyAsync(
              () -> {
                awaitQuietly(go);
                return writer.record(A, GOOD, ANNA).join();
              },
              task -> new Thread(task).start()));
    }
    go.countDown();
    assertThat(ratings.stream().map(CompletableFuture::join))
        .containsOnlyOnce(Outcome.RECORDED)
        .hasSize(32);
    try (FeedbackStore store = FeedbackStore.open(directory.resolve("f.db").toString())) {
      assertThat(store.count()).isEqualTo(1);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void onlyWhoAskedForAResponseCanRateItOrDeleteTheRating() {
    recent.add(Samples.recent("a", 1));
    assertFails(writer.record(A, GOOD, "key:bert"), ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND);
    writer.record(A, GOOD, ANNA).join();
    assertFails(writer.record(A, GOOD, "key:bert"), ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND);
    assertThat(writer.delete("a", "key:bert").join()).isZero();
    assertThat(writer.delete("a", ANNA).join()).isEqualTo(1);
    assertFails(writer.record(A, GOOD, ANNA), ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND);
  }

  @Test
  void whatIsDeletedBeforeItIsRatedIsForgotten() {
    recent.add(Samples.recent("a", 1));
    assertThat(writer.delete("a", ANNA).join()).isZero();
    assertFails(writer.record(A, GOOD, ANNA), ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND);
  }

  @Test
  void tokensHaveOneRatingEach() {
    recent.add(Samples.recent("a", 1));
    Rating three = new Rating(0, List.of(1.0, 0.0, -1.0), "");
    assertFails(writer.record(A, three, ANNA), ErrorReason.ERROR_REASON_INVALID_FIELD);
    Rating six = new Rating(0, List.of(1.0, 0.0, -1.0, 1.0, 0.0, -1.0), "");
    assertThat(writer.record(A, six, ANNA).join()).isEqualTo(Outcome.RECORDED);
  }

  @Test
  void ratingsBeyondTheirRangeNameTheField() {
    assertThatThrownBy(() -> new Rating(1.5, List.of(), ""))
        .hasMessage("rating: 1.5 (expected: -1 to 1)");
    assertThatThrownBy(() -> new Rating(0, List.of(0.0, Double.NaN), ""))
        .hasMessage("token_ratings[1]: NaN (expected: -1 to 1)");
  }

  @Test
  void whatIsRememberedIsBoundedInBytesAndTime() {
    for (int i = 0; i < 100; i++) {
      recent.add(Samples.recent("r" + i, i));
    }
    assertThat(recent.bytes()).isBetween(3000L, 5000L);
    assertThat(recent.find(new ResponseKey("r99", 0))).isPresent();
    assertThat(recent.find(new ResponseKey("r0", 0))).isEmpty();
    now.addAndGet(Duration.ofHours(2).toNanos());
    assertThat(recent.find(new ResponseKey("r99", 0))).isEmpty();
    recent.add(Samples.recent("new", 1));
    assertThat(recent.count()).isEqualTo(1);
  }

  @Test
  void aDatabaseThatCannotBeOpenedStopsTheStart() {
    assertThatThrownBy(() -> FeedbackWriter.start(options(directory + "/no/such/f.db", 1), recent))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("feedback-db");
  }
}
