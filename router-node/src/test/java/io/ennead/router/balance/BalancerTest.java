package io.ennead.router.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.moe.ExpertRows;
import io.ennead.v1.ErrorReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that write down what they are told. Node 0 holds experts 0 and 1, node 1 holds 2 and 3. */
@Timeout(60)
class BalancerTest {
  private static final int LAYER = 3;
  private static final BalanceOptions USUAL =
      new BalanceOptions(OptionalInt.empty(), BalanceOptions.USUAL_GAIN);

  private final List<String> told = new ArrayList<>();
  private final RecordingNode a = new RecordingNode("a", told, id(0), id(1));
  private final RecordingNode b = new RecordingNode("b", told, id(2), id(3));
  private final ExpertRowCounts loads = new ExpertRowCounts(List.of(LAYER), 4);
  private final Balancer balancer = new Balancer(() -> List.of(a, b), loads);

  private static ExpertId id(int expert) {
    return new ExpertId(LAYER, expert);
  }

  private void load(int... rows) {
    for (int expert = 0; expert < rows.length; expert++) {
      int[] all = IntStream.range(0, rows[expert]).toArray();
      loads.count(LAYER, List.of(new ExpertRows(expert, all, new float[all.length])));
    }
  }

  @Test
  void aNodeFreesAnExpertOnceTheOtherIsSeenToHoldIt() {
    balancer.moveNow(List.of(id(1)), Optional.of(a), Optional.of(b));
    assertThat(told).containsExactly("b loads 3/1", "a frees 3/1");
    assertThat(a.holds(id(1))).isFalse();
    assertThat(b.holds(id(1))).isTrue();
  }

  @Test
  void theLastReplicaIsNotTakenAway() {
    assertThatThrownBy(() -> balancer.moveNow(List.of(id(2)), Optional.of(b), Optional.empty()))
        .isInstanceOf(ServingException.class)
        .hasMessage("from: b (expected: another ready node that holds expert 2 of layer 3)");
    assertThat(told).isEmpty();
  }

  @Test
  void aNodeThatCannotLoadLeavesAllAsItIs() {
    b.refuse();
    assertThatThrownBy(() -> balancer.moveNow(List.of(id(1)), Optional.of(a), Optional.of(b)))
        .isInstanceOf(ServingException.class);
    assertThat(told).isEmpty();
    assertThat(a.holds(id(1))).isTrue();
  }

  @Test
  void oneChangeAtATime() {
    b.hold();
    var first =
        CompletableFuture.runAsync(
            () -> balancer.moveNow(List.of(id(1)), Optional.of(a), Optional.of(b)));
    b.awaitHeld();
    var refused =
        catchThrowableOfType(
            ServingException.class, () -> balancer.rebalance(USUAL, plan -> {}, move -> {}));
    assertThat(refused.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    b.letGo();
    first.join();
    balancer.rebalance(USUAL, plan -> {}, move -> {});
  }

  @Test
  void theHeavyExpertsComeApartAndLoadsAreMeasuredAnew() {
    load(1000, 900, 100, 110);
    List<Plan> plans = new ArrayList<>();
    List<Move> done = new ArrayList<>();
    balancer.rebalance(USUAL, plans::add, done::add);
    assertThat(plans).hasSize(1);
    assertThat(plans.get(0).imbalance()).isEqualTo(1900 / 1055.0);
    assertThat(plans.get(0).planned()).isLessThan(1.1);
    assertThat(plans.get(0).rows()).isEqualTo(2110);
    assertThat(done).isEqualTo(plans.get(0).moves()).isNotEmpty();
    assertThat(a.holds(id(0)) == a.holds(id(1))).isFalse();
    assertThat(loads.rows().get(LAYER)).containsOnly(0);
  }

  @Test
  void spareReplicasGoToTheHeaviestExpert() {
    load(1000, 300, 300, 400);
    balancer.rebalance(new BalanceOptions(OptionalInt.of(1), 0.1), plan -> {}, move -> {});
    assertThat(a.holds(id(0)) && b.holds(id(0))).isTrue();
    load(1000, 300, 300, 400);
    balancer.rebalance(new BalanceOptions(OptionalInt.of(0), 0.1), plan -> {}, move -> {});
    assertThat(a.holds(id(0)) && b.holds(id(0))).isFalse();
  }

  @Test
  void fewRowsAndSmallGainsMoveNothing() {
    load(90, 80, 10, 11);
    assertThat(balancer.plan(USUAL).moves()).isEmpty();
    load(1000, 1010, 1090, 1100);
    assertThat(balancer.plan(USUAL).moves()).isEmpty();
  }

  @Test
  void nodesThatAreLostAreLeftOut() {
    load(1000, 900, 100, 110);
    b.lose();
    assertThat(balancer.plan(USUAL).moves()).allSatisfy(move -> assertThat(move.to()).contains(a));
  }
}
