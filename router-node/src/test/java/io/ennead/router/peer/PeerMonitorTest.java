package io.ennead.router.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.Uninterruptibles;
import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.Dialer;
import io.ennead.router.peer.PeerRequest.Slice;
import io.ennead.router.peer.PeerRequest.Tile;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class PeerMonitorTest {
  private static final int WIDTH = 4;
  private static final int OWN = 8;
  private static final FakeExperts EXPERTS = new FakeExperts(WIDTH, ComputeType.F32, 1);
  private static final PeerMonitor.Options ONCE =
      new PeerMonitor.Options(Duration.ofHours(1), Duration.ofSeconds(20));
  private static final PeerRequest REQUEST =
      new PeerRequest(
          0, Tile.DECODE, Rows.of(new float[WIDTH], WIDTH), List.of(new Slice(0, new int[] {0})));

  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<List<PeerState>> changes = new CopyOnWriteArrayList<>();
  private boolean mixedNumerics;

  @AfterEach
  void closeAll() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  private FakeExpertNode node(String name, ExpertId... held) {
    FakeExpertNode node = new FakeExpertNode(name, EXPERTS, List.of(held)).start();
    open.add(node);
    return node;
  }

  private static ExpertId expert(int expert) {
    return new ExpertId(0, expert);
  }

  private Expectations expectations() {
    return new Expectations(
        "model",
        ComputeType.F32,
        true,
        WIDTH,
        OWN,
        mixedNumerics,
        (layer, expert) ->
            layer == 0 && expert == 7 ? Optional.of("weights-as-trained") : Optional.empty());
  }

  private List<ExpertPeer> watch(PeerMonitor.Options options, FakeExpertNode... nodes) {
    PeerMonitor monitor =
        PeerMonitor.start(
            Stream.of(nodes).map(FakeExpertNode::address).toList(),
            expectations(),
            options,
            peers -> changes.add(peers.stream().map(ExpertPeer::state).toList()));
    open.add(monitor);
    return List.copyOf(monitor.peers());
  }

  private ExpertPeer ready(PeerMonitor.Options options, FakeExpertNode node) {
    ExpertPeer peer = watch(options, node).get(0);
    await().until(() -> peer.state() instanceof PeerState.Ready);
    return peer;
  }

  private static PeerReply forward(ExpertPeer peer)
      throws InterruptedException, ExecutionException {
    return peer.forward(REQUEST, Duration.ofSeconds(20)).get();
  }

  @Test
  void aNodeThatFitsBecomesReady() throws Exception {
    ExpertPeer peer = ready(PeerMonitor.Options.DEFAULT, node("a", expert(0), expert(1)));
    PeerDescription description = ((PeerState.Ready) peer.state()).description();
    assertThat(description.name()).isEqualTo("a");
    assertThat(description.experts())
        .containsEntry(expert(0), "weights-0-0")
        .containsEntry(expert(1), "weights-0-1");
    assertThat(forward(peer).outputs().toArray()).hasSize(WIDTH);
    assertThat(changes.get(0)).hasOnlyElementsOfType(PeerState.Connecting.class);
  }

  @Test
  void aNodeIsFoundThroughDns() {
    PeerSource name = PeerSource.parse("dns:///localhost:" + node("a", expert(0)).address().port());
    PeerMonitor monitor =
        PeerMonitor.start(
            List.of(name),
            Dialer.PLAINTEXT,
            expectations(),
            PeerMonitor.Options.DEFAULT,
            peers -> {});
    open.add(monitor);
    await()
        .until(() -> monitor.peers().stream().anyMatch(p -> p.state() instanceof PeerState.Ready));
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        misfit(d -> d.setModelFingerprint("other"), "model fingerprint: other (expected: model)"),
        misfit(d -> d.setDtype("bf16"), "dtype: bf16 (expected: f32)"),
        misfit(d -> d.setHiddenSize(8), "hidden size: 8 (expected: 4)"),
        misfit(
            d -> d.addExperts(FakeExpertNode.loaded(expert(7))),
            "fingerprint of expert 7 of layer 0: weights-0-7 (expected: weights-as-trained)"));
  }

  private static Arguments misfit(
      UnaryOperator<DescribeNodeResponse.Builder> change, String message) {
    return Arguments.of(change, message);
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void aNodeThatDoesNotFitIsRefusedWithBothValues(
      UnaryOperator<DescribeNodeResponse.Builder> change, String message) {
    FakeExpertNode node = node("a", expert(0));
    node.describeAs(change);
    ExpertPeer peer = watch(PeerMonitor.Options.DEFAULT, node).get(0);
    await().until(() -> peer.state() instanceof PeerState.Refused);
    assertThat(peer.state().text()).isEqualTo("refused: a: " + message);
    assertThatThrownBy(() -> forward(peer))
        .hasCauseInstanceOf(PeerException.class)
        .hasMessageContaining("not ready");
    assertThat(node.requests()).isEmpty();
  }

  @Test
  void aNodeThatCannotBeJudgedIsRefusedAndDoesNotHoldUpTheAsking() throws Exception {
    FakeExpertNode broken = node("broken", expert(3));
    FakeExpertNode asked = node("asked", expert(0));
    asked.onDescribe(out -> out.onError(ServingException.loading("weights")));
    CountDownLatch mayFail = new CountDownLatch(1);
    Expectations expected =
        new Expectations(
            "model",
            ComputeType.F32,
            true,
            WIDTH,
            OWN,
            false,
            (layer, expert) -> {
              Uninterruptibles.awaitUninterruptibly(mayFail);
              throw new InternalError("cut short");
            });
    PeerMonitor monitor =
        PeerMonitor.start(
            List.of(broken.address(), asked.address()),
            expected,
            PeerMonitor.Options.DEFAULT,
            peers -> {});
    open.add(monitor);
    await().until(() -> asked.knownGenerations().size() > 3);
    assertThat(monitor.peers().get(0).state()).isInstanceOf(PeerState.Connecting.class);
    mayFail.countDown();
    await().until(() -> monitor.peers().get(0).state() instanceof PeerState.Refused);
    assertThat(monitor.peers().get(0).state().text()).contains("broken", "cut short");
  }

  @Test
  void aRefusedNodeIsAcceptedOnceItFits() {
    FakeExpertNode node = node("a", expert(0));
    node.describeAs(d -> d.setDtype("bf16"));
    ExpertPeer peer = watch(PeerMonitor.Options.DEFAULT, node).get(0);
    await().until(() -> peer.state() instanceof PeerState.Refused);
    node.describeAs(d -> d.setDtype("f32").setGeneration("a-2"));
    await().until(() -> peer.state() instanceof PeerState.Ready);
  }

  @Test
  void aReplicaWithOtherBitsOrWeightsIsRefused() {
    for (UnaryOperator<DescribeNodeResponse.Builder> change :
        List.<UnaryOperator<DescribeNodeResponse.Builder>>of(
            d -> d.setNumericsId("others"),
            d -> d.setExperts(0, d.getExperts(0).toBuilder().setFingerprint("retrained")))) {
      FakeExpertNode first = node("first", expert(3), expert(1));
      FakeExpertNode second = node("second", expert(3));
      second.describeAs(change);
      List<ExpertPeer> peers = watch(PeerMonitor.Options.DEFAULT, first, second);
      await()
          .until(
              () ->
                  peers.stream().filter(p -> p.state() instanceof PeerState.Refused).count() == 1);
      assertThat(peers.stream().filter(p -> p.state() instanceof PeerState.Ready)).hasSize(1);
    }
    String texts = changes.toString();
    assertThat(texts)
        .containsPattern(
            "numerics id: (bits|others) \\(expected: (bits|others)\\) as on its replica")
        .containsPattern(
            "fingerprint of expert 3 of layer 0: (retrained|weights-0-3) \\(expected:"
                + " (retrained|weights-0-3)\\) as on its replica 127");
  }

  @Test
  void nodesMayHoldOtherPacksUnderTheSameId() {
    FakeExpertNode first = node("first", expert(OWN));
    FakeExpertNode second = node("second", expert(OWN));
    second.describeAs(
        d -> d.setExperts(0, d.getExperts(0).toBuilder().setFingerprint("of another pack")));
    List<ExpertPeer> peers = watch(PeerMonitor.Options.DEFAULT, first, second);
    await().until(() -> peers.stream().allMatch(p -> p.state() instanceof PeerState.Ready));
  }

  @Test
  void aReplicaWithOtherBitsMayBeAllowed() {
    mixedNumerics = true;
    FakeExpertNode first = node("first", expert(3));
    FakeExpertNode second = node("second", expert(3));
    second.describeAs(d -> d.setNumericsId("others"));
    List<ExpertPeer> peers = watch(PeerMonitor.Options.DEFAULT, first, second);
    await().until(() -> peers.stream().allMatch(p -> p.state() instanceof PeerState.Ready));
  }

  @Test
  void nodesThatShareNoExpertMayDifferInBits() {
    FakeExpertNode first = node("first", expert(0));
    FakeExpertNode second = node("second", expert(1));
    second.describeAs(d -> d.setNumericsId("others"));
    List<ExpertPeer> peers = watch(PeerMonitor.Options.DEFAULT, first, second);
    await().until(() -> peers.stream().allMatch(p -> p.state() instanceof PeerState.Ready));
  }

  @Test
  void aRefusedReplicaServesWhenTheOtherIsGone() {
    FakeExpertNode first = node("first", expert(0));
    ExpertPeer[] peers = new ExpertPeer[2];
    FakeExpertNode second = node("second", expert(0));
    second.describeAs(d -> d.setNumericsId("others"));
    watch(PeerMonitor.Options.DEFAULT, first, second).toArray(peers);
    await().until(() -> Stream.of(peers).anyMatch(p -> p.state() instanceof PeerState.Refused));
    boolean firstServes = peers[0].state() instanceof PeerState.Ready;
    (firstServes ? first : second).close();
    await().until(() -> peers[firstServes ? 1 : 0].state() instanceof PeerState.Ready);
  }

  @Test
  void aNodeThatLoadsIsConnectingAndSaysWhatIsMissing() {
    FakeExpertNode node = node("a", expert(0));
    node.onDescribe(out -> out.onError(ServingException.loading("weights 40 %")));
    ExpertPeer peer = watch(PeerMonitor.Options.DEFAULT, node).get(0);
    await().until(() -> peer.state().text().equals("connecting: not ready: weights 40 %"));
    node.describeNormally();
    await().until(() -> peer.state() instanceof PeerState.Ready);
  }

  @Test
  void aCallThatFindsTheNodeGoneMarksItLostAtOnce() {
    FakeExpertNode node = node("a", expert(0));
    ExpertPeer peer = ready(ONCE, node);
    node.close();
    assertThatThrownBy(() -> forward(peer))
        .cause()
        .isInstanceOfSatisfying(
            PeerException.class,
            e -> {
              assertThat(e.retryable()).isTrue();
              assertThat(e.reason()).isEqualTo("EXPERT_UNREACHABLE");
              assertThat(e).hasMessageContaining(node.name());
            });
    assertThat(peer.state()).isInstanceOf(PeerState.Lost.class);
    assertThat(changes.get(changes.size() - 1)).hasOnlyElementsOfType(PeerState.Lost.class);
  }

  @Test
  void aNodeThatIsBackServesWithinASecond() throws Exception {
    FakeExpertNode node = node("a", expert(0));
    ExpertPeer peer = ready(PeerMonitor.Options.DEFAULT, node);
    node.close();
    await().until(() -> peer.state() instanceof PeerState.Lost);
    // Long enough for gRPC's own backoff to have grown beyond a second.
    await().pollDelay(Duration.ofSeconds(3)).until(() -> peer.state() instanceof PeerState.Lost);
    node.start();
    await()
        .atMost(1, TimeUnit.SECONDS)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> peer.state() instanceof PeerState.Ready);
    assertThat(forward(peer).outputs().toArray()).hasSize(WIDTH);
  }

  @Test
  void aNodeThatHangsIsLostAndDoesNotHoldUpTheOthers() {
    FakeExpertNode hanging = node("hanging", expert(0));
    FakeExpertNode fine = node("fine", expert(1));
    List<ExpertPeer> peers =
        watch(
            new PeerMonitor.Options(Duration.ofMillis(20), Duration.ofMillis(700)), hanging, fine);
    await().until(() -> peers.stream().allMatch(p -> p.state() instanceof PeerState.Ready));
    hanging.onDescribe(out -> {});
    int polls = fine.knownGenerations().size();
    await().until(() -> peers.get(0).state() instanceof PeerState.Lost);
    assertThat(peers.get(0).state().text()).isEqualTo("lost: no answer within 700 ms");
    assertThat(fine.knownGenerations().size()).isGreaterThan(polls + 5);
    assertThat(peers.get(1).state()).isInstanceOf(PeerState.Ready.class);
  }

  @Test
  void expertsOfANewGenerationReplaceTheOldOnes() {
    FakeExpertNode node = node("a", expert(0));
    ExpertPeer peer = ready(PeerMonitor.Options.DEFAULT, node);
    await().until(() -> node.knownGenerations().contains("a-1"));
    node.describeAs(d -> d.setGeneration("a-2").addExperts(FakeExpertNode.loaded(expert(5))));
    await()
        .until(
            () ->
                peer.state() instanceof PeerState.Ready ready
                    && ready.description().experts().containsKey(expert(5)));
  }

  @Test
  void pollsThatFindNothingNewTellNobody() {
    FakeExpertNode node = node("a", expert(0));
    ready(new PeerMonitor.Options(Duration.ofMillis(10), Duration.ofSeconds(20)), node);
    int before = changes.size();
    int polls = node.knownGenerations().size();
    await().until(() -> node.knownGenerations().size() > polls + 10);
    assertThat(changes).hasSize(before);
  }

  @Test
  void cancellingTheFutureCancelsTheCall() throws InterruptedException {
    FakeExpertNode node = node("a", expert(0));
    ExpertPeer peer = ready(PeerMonitor.Options.DEFAULT, node);
    node.hang();
    CompletableFuture<PeerReply> reply = peer.forward(REQUEST, Duration.ofSeconds(20));
    await().until(() -> !node.requests().isEmpty());
    reply.cancel(true);
    assertThat(node.cancelled().await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(peer.state()).isInstanceOf(PeerState.Ready.class);
  }

  @Test
  void anAddressMayStandOnlyOnce() {
    PeerAddress address = new PeerAddress("127.0.0.1", 1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PeerMonitor.start(
                    List.of(address, address),
                    expectations(),
                    PeerMonitor.Options.DEFAULT,
                    peers -> {}))
        .withMessageContaining("expected: each address once");
  }
}
