package io.ennead.router.feedback;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every database does. */
abstract class FeedbackStoreContract {
  /** An empty one. */
  abstract FeedbackStore open() throws SQLException;

  @Test
  void whatIsInsertedIsFound() throws SQLException {
    try (FeedbackStore store = open()) {
      RatedResponse row = Samples.row("a", 1234);
      assertThat(store.insert(row)).isTrue();
      RatedResponse found = store.find(row.key()).orElseThrow();
      assertThat(found).usingRecursiveComparison().isEqualTo(row);
      assertThat(store.find(new ResponseKey("a", 1))).isEmpty();
    }
  }

  @Test
  void aResponseHasOneRow() throws SQLException {
    try (FeedbackStore store = open()) {
      assertThat(store.insert(Samples.row("a", 1))).isTrue();
      assertThat(store.insert(Samples.row("a", 2))).isFalse();
      assertThat(store.count()).isEqualTo(1);
      assertThat(store.find(new ResponseKey("a", 0)).orElseThrow().receivedMillis()).isEqualTo(1);
    }
  }

  @Test
  void onlyItsTenantDeletesIt() throws SQLException {
    try (FeedbackStore store = open()) {
      store.insert(Samples.row("a", 1));
      assertThat(store.delete("a", "key:bert")).isZero();
      assertThat(store.delete("a", "key:anna")).isEqualTo(1);
      assertThat(store.count()).isZero();
    }
  }

  @Test
  void whatIsTooOldOrTooMuchGoesTheOldestFirst() throws SQLException {
    try (FeedbackStore store = open()) {
      for (int i = 0; i < 10; i++) {
        store.insert(Samples.row("r" + i, i));
      }
      assertThat(store.retain(3, 5)).isEqualTo(5);
      List<Long> left = new ArrayList<>();
      store.forEach(row -> left.add(row.receivedMillis()));
      assertThat(left).containsExactly(5L, 6L, 7L, 8L, 9L);
    }
  }
}
