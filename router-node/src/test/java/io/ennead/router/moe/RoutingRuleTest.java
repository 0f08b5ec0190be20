package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Four groups of four experts, of which two stay: whichever do, there must be enough experts. */
class RoutingRuleTest {
  private static final GateConfig GROUPED =
      new GateConfig(
          16,
          3,
          GateConfig.Score.SIGMOID,
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.of(new ExpertGroups(4, 2, 2)),
          true,
          1);

  @Test
  void noMoreExpertsAreAskedForThanTheGroupsThatStayHave() {
    RoutingRule.MODEL.withExpertsPerToken(8).requireFitting(0, GROUPED, GatePacks.NONE);
    assertThatThrownBy(
            () ->
                RoutingRule.MODEL.withExpertsPerToken(9).requireFitting(0, GROUPED, GatePacks.NONE))
        .hasMessage("routing.experts_per_token: 9 (expected: 1 to 8)");
  }

  @Test
  void exclusionsLeaveEnoughInWhateverGroupsStay() {
    RoutingRule wide = RoutingRule.MODEL.withExpertsPerToken(6);
    assertThatCode(() -> wide.without(Set.of(0, 4)).requireFitting(0, GROUPED, GatePacks.NONE))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> wide.without(Set.of(0, 1, 4)).requireFitting(7, GROUPED, GatePacks.NONE))
        .hasMessage(
            "routing.excluded: leaves 5 of 16 experts of layer 7 to choose from"
                + " (expected: at least the 6 chosen per token)");
    assertThatCode(
            () -> wide.without(Set.of(0, 1, 2, 3)).requireFitting(0, GROUPED, GatePacks.NONE))
        .as("a group without experts does not stay")
        .doesNotThrowAnyException();
  }
}
