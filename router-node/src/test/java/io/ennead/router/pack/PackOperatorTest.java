package io.ennead.router.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.expert.pack.PackId;
import io.ennead.router.balance.Balancer;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.GatePack;
import io.ennead.router.moe.GatePacks;
import io.ennead.v1.ErrorReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes of a small model, which has packs "one" and "two" with copies of expert 1 of layer 0.
 */
@Timeout(60)
class PackOperatorTest {
  private static final PackId ONE = new PackId("one", "1");
  private static final String FILE = "active.json";
  private static final PackId TWO = new PackId("two", "1");

  private final Checkpoint model =
      Checkpoint.open(Path.of("../expert-node/src/test/resources/families/mixtral"));
  private final String fingerprint = Fingerprints.model(model);
  private final int own = model.config().experts();
  private final PackHolder a = new PackHolder("a", this::weights);
  private final PackHolder b = new PackHolder("b", this::weights);
  private final ActivePacks active = new ActivePacks();
  private final PackFingerprints fingerprints = new PackFingerprints();
  private final AtomicInteger placements = new AtomicInteger();
  @TempDir private Path packs;
  private PackOperator operator;

  private PackOperator operator(ActivePacks of, String file, Duration endLimit) {
    return PackOperator.open(
        new Balancer(() -> List.of(a, b), new ExpertRowCounts(List.of(0), own)),
        new PackDirectory(packs, model.config(), fingerprint),
        packs.resolve(file),
        fingerprints,
        of,
        placements::incrementAndGet,
        endLimit);
  }

  /** As a start of a router does, which knows nothing but its files. */
  private PackOperator operator(ActivePacks of, String file) {
    return operator(of, file, Duration.ofMillis(50));
  }

  @BeforeEach
  void write() {
    for (PackId id : List.of(ONE, TWO)) {
      ExpertCopies.write(
          packs.resolve(id.directory()), id, model, fingerprint, new TreeMap<>(Map.of(0, 1)));
    }
    operator = operator(active, FILE);
    a.held.put(new ExpertId(0, 0), "own");
  }

  private String weights(ExpertId id) {
    return Fingerprints.expert(model, id.layer(), 1);
  }

  private ExpertId id(int expert) {
    return new ExpertId(0, expert);
  }

  @Test
  void theNodeWithTheFewestExpertsLoadsAPackAndThenTheGateGrows() {
    PlacedPack pack = operator.add(ONE, 1, false);
    assertThat(pack.first()).isEqualTo(own);
    assertThat(b.held).containsOnlyKeys(id(own));
    assertThat(a.held).doesNotContainKey(id(own));
    assertThat(active.current().packs()).containsExactly(pack.gate());
    assertThat(fingerprints.of(0, own)).contains(weights(id(own)));
    assertThat(placements).hasPositiveValue();
    assertThat(operator.add(TWO, 2, true).first()).isEqualTo(own + 1);
    assertThat(a.held).containsKey(id(own + 1));
    assertThat(b.held).containsKey(id(own + 1));
  }

  @Test
  void addingAgainGivesTheReplicasThatAreMissing() {
    operator.add(ONE, 1, false);
    b.held.clear(); // restarted
    PlacedPack again = operator.add(ONE, 2, false);
    assertThat(a.held).containsKey(id(own));
    assertThat(b.held).containsKey(id(own));
    assertThat(active.current().packs()).containsExactly(again.gate());
    assertThatThrownBy(() -> operator.add(ONE, 1, true)).hasMessageStartingWith("suppressed: true");
  }

  @Test
  void removingWaitsForRequestsThatKnowThePack() {
    PlacedPack pack = operator.add(ONE, 1, false);
    GatePacks held = active.hold();
    assertThatThrownBy(() -> operator.remove(ONE, false))
        .hasMessageContaining("requests that began with pack one@1 still run")
        .extracting(e -> ((ServingException) e).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    assertThat(active.current().packs()).containsExactly(pack.gate());
    assertThat(b.held).containsKey(id(own));
    active.release(held);
    operator.remove(ONE, false);
    assertThat(active.current()).isEqualTo(GatePacks.NONE);
    assertThat(b.held).isEmpty();
    assertThat(fingerprints.of(0, own)).isEmpty();
    assertThatThrownBy(() -> operator.remove(ONE, false))
        .hasMessage("pack: one@1 (expected: one of [])");
  }

  @Test
  void aNodeThatCannotLoadLeavesAllAsItWas() {
    a.refusesToLoad = true;
    assertThatThrownBy(() -> operator.add(ONE, 2, false))
        .isInstanceOf(ServingException.class)
        .extracting(e -> ((ServingException) e).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_NODE_DRAINING);
    assertThat(b.held).isEmpty();
    assertThat(active.current()).isEqualTo(GatePacks.NONE);
    assertThat(fingerprints.of(0, own)).isEmpty();
    assertThat(operator.packs()).isEmpty();
  }

  @Test
  void aNodeThatCannotFreeLeavesAllAsItWas() {
    PlacedPack pack = operator.add(ONE, 2, false);
    b.refusesToFree = true;
    assertThatThrownBy(() -> operator.remove(ONE, false)).isInstanceOf(ServingException.class);
    assertThat(a.held).containsKey(id(own));
    assertThat(b.held).containsKey(id(own));
    assertThat(active.current().packs()).containsExactly(pack.gate());
    assertThat(operator.packs()).containsExactly(pack);
  }

  @Test
  void whatCannotBePutBackIsNamed() {
    b.refusesToFree = true;
    a.refusesToLoad = true;
    assertThatThrownBy(() -> operator.add(ONE, 2, false))
        .hasMessageContaining("experts of one@1 could not be put back on b");
  }

  @Test
  void anotherRouterTakesOverTheIdsAndKeepsWhatTheFirstStillUses() {
    operator.add(TWO, 1, false);
    ActivePacks others = new ActivePacks();
    PackOperator second = operator(others, "of-the-second.json");
    a.held.put(id(own + 5), "of a pack that nobody here knows");
    PlacedPack same = second.add(TWO, 1, false);
    assertThat(same.first()).isEqualTo(own);
    second.remove(TWO, true);
    assertThat(others.current()).isEqualTo(GatePacks.NONE);
    assertThat(b.held).containsKey(id(own));
    a.held.put(id(own + 1), "something else");
    assertThat(operator.add(ONE, 1, false).first()).isEqualTo(own + 2);
  }

  @Test
  void whatIsNotThereOrNotWholeIsRefusedByName() throws IOException {
    assertThatThrownBy(() -> operator.add(new PackId("none", "1"), 1, false))
        .hasMessage("pack: none@1 (expected: a directory below this node's --packs)");
    assertThatThrownBy(() -> operator.add(ONE, 3, false))
        .hasMessage("replicas: 3 (expected: at most 2, the nodes that are ready)");
    Path tensors = packs.resolve(ONE.directory()).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[bytes.length - 1] ^= 1;
    Files.write(tensors, bytes);
    assertThatThrownBy(() -> operator.add(ONE, 1, false)).hasMessageContaining("content_sha256");
    assertThat(b.held).isEmpty();
  }

  @Test
  void oneChangeAtATime() {
    PackOperator patient = operator(active, FILE, Duration.ofSeconds(30));
    patient.add(TWO, 1, false);
    GatePacks held = active.hold();
    var removing = CompletableFuture.runAsync(() -> patient.remove(TWO, false));
    while (active.current().equals(held)) {
      Thread.onSpinWait();
    }
    assertThatThrownBy(() -> patient.add(ONE, 1, false))
        .extracting(e -> ((ServingException) e).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    active.release(held);
    removing.join();
  }

  @Test
  void activePacksAreThereAgainAfterARestart() {
    operator.add(ONE, 1, false);
    operator.add(TWO, 2, true);
    operator.add(ONE, 2, false);
    a.held.clear();
    b.held.clear();
    ActivePacks gate = new ActivePacks();
    PackOperator restarted = operator(gate, FILE);
    assertThat(restarted.packs()).extracting(PlacedPack::id).containsExactly(ONE, TWO);
    assertThat(restarted.packs()).extracting(PlacedPack::first).containsExactly(own, own + 1);
    assertThat(gate.current().packs())
        .extracting(GatePack::suppressed)
        .containsExactly(false, true);
    assertThat(fingerprints.needed()).containsExactly(id(own));
    assertThat(restarted.missingReplicas()).isEqualTo(4);
    assertThat(restarted.refill()).isEmpty();
    assertThat(a.held).containsOnlyKeys(id(own), id(own + 1));
    assertThat(b.held).containsOnlyKeys(id(own), id(own + 1));
    assertThat(restarted.missingReplicas()).isZero();
    restarted.remove(ONE, false);
    assertThat(operator(new ActivePacks(), FILE).packs())
        .extracting(PlacedPack::id)
        .containsExactly(TWO);
  }

  @Test
  void whatOneNodeLoadsAgainStaysWhenAnotherCannot() {
    operator.add(ONE, 2, false);
    a.held.clear();
    b.held.clear();
    a.refusesToLoad = true;
    assertThat(operator.refill()).containsExactly("one@1 on a: shutting down");
    assertThat(b.held).containsKey(id(own));
    assertThat(operator.missingReplicas()).isEqualTo(1);
  }

  @Test
  void aRouterDoesNotStartWithoutAPackThatWasActive() throws IOException {
    operator.add(ONE, 1, false);
    Path file = packs.resolve(FILE);
    String kept = Files.readString(file);
    for (String wrong :
        List.of(
            kept.replace("\"one\"", "\"none\""),
            kept.replace("\"one\"", "\"two\""), // another content
            kept.replace("\"first_expert\" : " + own, "\"first_expert\" : " + (own - 1)),
            kept.replace("\"replicas\" : 1", "\"replicas\" : 0"),
            kept.replace("\"format_version\" : 1", "\"format_version\" : 2"),
            kept.substring(0, kept.length() / 2))) {
      assertThat(wrong).isNotEqualTo(kept);
      Files.writeString(file, wrong);
      ActivePacks gate = new ActivePacks();
      assertThatThrownBy(() -> operator(gate, FILE))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining(file.toString());
      assertThat(gate.current()).isEqualTo(GatePacks.NONE);
    }
  }

  @Test
  void whatCannotBeKeptIsUndone() throws IOException {
    operator.add(ONE, 1, false);
    Path file = packs.resolve(FILE);
    Files.writeString(file, Files.readString(file).replace("\"replicas\" : 1", "\"replicas\" : 2"));
    assertThatThrownBy(() -> operator.add(TWO, 1, false))
        .hasMessageContaining("changed by another (expected: a file of this router alone")
        .extracting(e -> ((ServingException) e).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    assertThat(operator.packs()).extracting(PlacedPack::id).containsExactly(ONE);
    assertThatThrownBy(() -> operator.remove(ONE, false))
        .hasMessageContaining("changed by another");
    assertThat(b.held).containsOnlyKeys(id(own));
    assertThat(a.held).doesNotContainKey(id(own + 1));
    assertThat(active.current().packs()).hasSize(1);
    assertThat(fingerprints.needed()).containsExactly(id(own));
  }

  @Test
  void aRouterWithoutADirectoryOfPacksReadsNoFile() {
    assertThat(PackFile.read(Path.of("")).entries()).isEmpty();
  }
}
