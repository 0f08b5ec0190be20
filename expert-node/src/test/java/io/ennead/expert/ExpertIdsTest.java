package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
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
  @ValueSource(
      strings = {
        "",
        ",",
        "1,",
        "-1",
        "1--2",
        "a",
        "1 2",
        "0x1",
        "ALL",
        "9999999999",
        "/8",
        "2/",
        "2/0",
        "2/8,3",
        "a/8",
        "expert-/8",
        "expert2/8",
        "-2/8",
        "2/8/8"
      })
  void otherTextIsRefused(String text) {
    assertThatThrownBy(() -> ExpertIds.requireSyntax(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "experts: %s (expected: all, ids and ranges such as 0-3,7, or a share such as 2/8)"
                .formatted(text));
  }

  @Test
  void sharesAreEqualPartsInOrder() {
    assertThat(ExpertIds.parse("2/8", 8)).containsExactly(2);
    assertThat(ExpertIds.parse("0/3", 8)).containsExactly(0, 1);
    assertThat(ExpertIds.parse("1/3", 8)).containsExactly(2, 3, 4);
    assertThat(ExpertIds.parse("2/3", 8)).containsExactly(5, 6, 7);
  }

  @Test
  void sharesOfAnyNumberOfNodesHoldEveryExpertOnce() {
    for (int experts = 1; experts <= 40; experts++) {
      for (int nodes = 1; nodes <= experts; nodes++) {
        assertThat(heldBy(nodes, experts))
            .containsExactlyElementsOf(IntStream.range(0, experts).boxed().toList());
      }
    }
  }

  private static List<Integer> heldBy(int nodes, int experts) {
    return IntStream.range(0, nodes)
        .mapToObj(node -> ExpertIds.parse(node + "/" + nodes, experts))
        .peek(ids -> assertThat(ids).hasSizeBetween(experts / nodes, experts / nodes + 1))
        .flatMap(List::stream)
        .toList();
  }

  @Test
  void nodesBeyondThePartsAreReplicas() {
    assertThat(ExpertIds.parse("10/8", 128)).isEqualTo(ExpertIds.parse("2/8", 128));
  }

  @Test
  void podNamesEndInTheirNumber() {
    assertThat(ExpertIds.parse("my-ennead-2-expert-11/16", 64))
        .isEqualTo(ExpertIds.parse("11/16", 64));
  }

  @Test
  void morePartsThanExpertsAreRefused() {
    assertThatThrownBy(() -> ExpertIds.parse("2/9", 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("experts: 2/9 (expected: at most 8 parts, one for each expert)");
  }
}
