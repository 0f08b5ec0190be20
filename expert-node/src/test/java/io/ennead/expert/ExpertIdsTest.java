package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpertIdsTest {
  @Test
  void allMeansEveryExpert() {
    assertThat(ExpertIds.parse("all", 4)).containsExactly(0, 1, 2, 3);
  }

  @Test
  void idsAndRangesAreSortedAndCountedOnce() {
    assertThat(ExpertIds.parse("7,0-2,1,5-5", 8)).containsExactly(0, 1, 2, 5, 7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"8", "0-8", "3-1", "0-999999999"})
  void idsThatTheModelHasNotAreRefused(String text) {
    assertThatThrownBy(() -> ExpertIds.parse(text, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("experts: %s (expected: ascending ids from 0 to 7)".formatted(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",", "1,", "-1", "1--2", "a", "1 2", "0x1", "ALL", "9999999999"})
  void otherTextIsRefused(String text) {
    assertThatThrownBy(() -> ExpertIds.requireSyntax(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("experts: %s (expected: all, or ids and ranges such as 0-3,7)".formatted(text));
  }
}
