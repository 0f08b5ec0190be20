package io.ennead.router.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.Readiness;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerAddress;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final List<Integer> LAYERS = List.of(0, 1, 2);

  /** A node that is only a state. */
  private static final class StatePeer implements ExpertPeer {
    private final PeerAddress address;
    private PeerState state = new PeerState.Connecting("not asked yet");

    StatePeer(int port) {
      address = new PeerAddress("127.0.0.1", port);
    }

    StatePeer holds(ExpertId... ids) {
      return holds(List.of(ids), "1");
    }

    StatePeer holds(List<ExpertId> ids, String generation) {
      Map<ExpertId, String> experts =
          ids.stream().collect(Collectors.toMap(id -> id, ExpertId::toString));
      state =
          new PeerState.Ready(
              new PeerDescription("n", generation, "m", "f32", "cpu", "bits", true, 4, experts));
      return this;
    }

    @Override
    public PeerAddress address() {
      return address;
    }

    @Override
    public String name() {
      return address().toString();
    }

    @Override
    public long heardNanos() {
      return 0;
    }

    @Override
    public PeerState state() {
      return state;
    }

    @Override
    public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
      throw new UnsupportedOperationException();
    }
  }

  private static ExpertId[] everyLayer(int... experts) {
    return LAYERS.stream()
        .flatMap(layer -> IntStream.of(experts).mapToObj(e -> new ExpertId(layer, e)))
        .toArray(ExpertId[]::new);
  }

  private static Placement of(StatePeer... peers) {
    return Placement.of(LAYERS, 4, List.of(peers));
  }

  @Test
  void withoutNodesEverythingIsMissing() {
    assertThat(of().missing()).contains("all experts of every layer");
  }

  @Test
  void completeMeansThatEveryExpertHasAReadyNode() {
    StatePeer first = new StatePeer(1).holds(everyLayer(0, 1));
    StatePeer second = new StatePeer(2).holds(everyLayer(2, 3));
    assertThat(of(first, second).missing()).isEmpty();
    second.state = new PeerState.Lost("x");
    assertThat(of(first, second).missing()).contains("experts 2, 3 of every layer");
  }

  @Test
  void missingExpertsAreToldCompactly() {
    ExpertId[] held =
        Stream.of(everyLayer(0, 1, 2, 3))
            .filter(id -> !(id.layer() == 1 && id.expert() == 2))
            .toArray(ExpertId[]::new);
    assertThat(of(new StatePeer(1).holds(held)).missing()).contains("expert 2 of layer 1");
    held =
        Stream.of(everyLayer(0, 1, 2, 3))
            .filter(id -> id.layer() == 0 ? id.expert() != 3 : id.expert() == 0)
            .toArray(ExpertId[]::new);
    assertThat(of(new StatePeer(1).holds(held)).missing())
        .contains("expert 3 of layer 0; experts 1, 2, 3 of layers 1, 2");
  }

  @Test
  void expertsOfPacksThatTheGateMayChooseAreMissedToo() {
    ExpertId packed = new ExpertId(1, 4);
    ExpertFingerprints packs =
        new ExpertFingerprints() {
          @Override
          public Optional<String> of(int layer, int expert) {
            return Optional.of(packed.toString());
          }

          @Override
          public Set<ExpertId> needed() {
            return Set.of(packed);
          }
        };
    StatePeer own = new StatePeer(1).holds(everyLayer(0, 1, 2, 3));
    StatePeer holder = new StatePeer(2).holds(packed);
    assertThat(Placement.of(LAYERS, 4, packs, List.of(own)).missing())
        .contains("expert 4 of layer 1");
    assertThat(Placement.of(LAYERS, 4, packs, List.of(own)).missingExperts()).isEqualTo(1);
    assertThat(Placement.of(LAYERS, 4, packs, List.of(own, holder)).missing()).isEmpty();
  }

  @Test
  void holdersComeInTheOrderOfTheNodes() {
    StatePeer first = new StatePeer(1).holds(everyLayer(0));
    StatePeer second = new StatePeer(2).holds(everyLayer(0));
    assertThat(of(second, first).holders(2, 0)).containsExactly(second, first);
    assertThat(of(second, first).holders(2, 1)).isEmpty();
  }

  @Test
  void holdersEqualASlowSearch() {
    long seed = 11;
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      List<ExpertPeer> peers = new ArrayList<>();
      for (int port = 1; port <= 5; port++) {
        StatePeer peer = new StatePeer(port);
        if (random.nextInt(4) > 0) {
          peer.holds(
              Stream.of(everyLayer(0, 1, 2, 3)).filter(id -> random.nextBoolean()).toList(), "1");
        }
        peers.add(peer);
      }
      Placement placement = Placement.of(LAYERS, 4, peers);
      for (ExpertId id : everyLayer(0, 1, 2, 3)) {
        assertThat(placement.holders(id.layer(), id.expert()))
            .as("round %d, seed %d", round, seed)
            .isEqualTo(
                peers.stream()
                    .filter(
                        p ->
                            p.state() instanceof PeerState.Ready ready
                                && ready.description().experts().containsKey(id))
                    .toList());
      }
    }
  }

  @Test
  void theTrackerTellsReadinessWhatIsMissingAndWhy() {
    Readiness readiness = new Readiness();
    PlacementTracker tracker = new PlacementTracker(LAYERS, 4, readiness);
    StatePeer first = new StatePeer(1).holds(everyLayer(0, 1, 2));
    StatePeer second = new StatePeer(2);
    second.state = new PeerState.Refused("dtype: bf16 (expected: f32)");
    tracker.update(List.of(first, second));
    assertThat(readiness.missing())
        .containsExactly(
            "experts: expert 3 of every layer"
                + " (127.0.0.1:2 refused: dtype: bf16 (expected: f32))");
    second.holds(everyLayer(3));
    tracker.update(List.of(first, second));
    assertThat(readiness.ready()).isTrue();
    first.state = new PeerState.Lost("gone");
    tracker.update(List.of(first, second));
    assertThat(readiness.missing().toString()).contains("experts 0, 1, 2 of every layer", "gone");
  }

  @Test
  void aNewGenerationWithTheSameExpertsKeepsTheSnapshot() {
    PlacementTracker tracker = new PlacementTracker(LAYERS, 4, new Readiness());
    StatePeer peer = new StatePeer(1).holds(everyLayer(0, 1, 2, 3));
    tracker.update(List.of(peer));
    Placement before = tracker.current();
    peer.holds(List.of(everyLayer(0, 1, 2, 3)), "2");
    tracker.update(List.of(peer));
    assertThat(tracker.current()).isSameAs(before);
    peer.holds(everyLayer(0));
    tracker.update(List.of(peer));
    assertThat(tracker.current()).isNotEqualTo(before);
  }
}
