package io.ennead.router.pack;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.expert.pack.PackId;
import io.ennead.router.balance.Balancer;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.moe.ActivePacks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes, of which the second holds a pack; and time that goes as the tests say. */
@Timeout(60)
class PackKeeperTest {
  private static final PackId ONE = new PackId("one", "1");
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Checkpoint model =
      Checkpoint.open(Path.of("../expert-node/src/test/resources/families/mixtral"));
  private final String fingerprint = Fingerprints.model(model);
  private final ExpertId packed = new ExpertId(0, model.config().experts());
  private final PackHolder a = new PackHolder("a", this::weights);
  private final PackHolder b = new PackHolder("b", this::weights);
  @TempDir private Path packs;
  private PackOperator operator;
  private PackKeeper keeper;

  private String weights(ExpertId id) {
    return Fingerprints.expert(model, id.layer(), 1);
  }

  @BeforeEach
  void add() {
    ExpertCopies.write(
        packs.resolve(ONE.directory()), ONE, model, fingerprint, new TreeMap<>(Map.of(0, 1)));
    operator =
        PackOperator.open(
            new Balancer(() -> List.of(a, b), new ExpertRowCounts(List.of(0), packed.expert())),
            new PackDirectory(packs, model.config(), fingerprint),
            packs.resolve("active.json"),
            new PackFingerprints(),
            new ActivePacks(),
            () -> {},
            Duration.ofSeconds(1));
    a.held.put(new ExpertId(0, 0), "own");
    operator.add(ONE, 1, false);
    b.loads.set(0);
    keeper = new PackKeeper(operator, 0);
  }

  @Test
  void aNodeThatComesBackWithoutItsPackLoadsItAgain() {
    b.held.clear();
    keeper.look(SECOND);
    assertThat(b.held).containsOnlyKeys(packed);
    assertThat(a.held).doesNotContainKey(packed);
    assertThat(operator.missingReplicas()).isZero();
  }

  @Test
  void aNodeThatIsGoneIsWaitedForAndThenReplaced() {
    b.lost = true;
    keeper.look(SECOND);
    keeper.look(PackKeeper.PATIENCE.toNanos() - 1);
    assertThat(a.held).doesNotContainKey(packed);
    keeper.look(PackKeeper.PATIENCE.toNanos());
    assertThat(a.held).containsKey(packed);
    b.lost = false;
    keeper.look(PackKeeper.PATIENCE.toNanos() + SECOND);
    assertThat(operator.missingReplicas()).isZero();
    assertThat(b.loads).hasValue(0);
  }

  @Test
  void whatFailsIsTriedAgainLaterAndLater() {
    b.held.clear();
    b.refusesToLoad = true;
    keeper.look(SECOND);
    keeper.look(SECOND + SECOND / 2);
    assertThat(b.loads).hasValue(1);
    keeper.look(2 * SECOND);
    assertThat(b.loads).hasValue(2);
    for (long second = 3; second < 600; second++) {
      keeper.look(second * SECOND);
    }
    assertThat(b.loads.get()).isBetween(20, 26); // once in 30 s in the end
    b.refusesToLoad = false;
    keeper.look(600 * SECOND + PackKeeper.LONGEST_PAUSE.toNanos());
    assertThat(b.held).containsKey(packed);
  }
}
