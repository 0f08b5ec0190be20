package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.Readiness;
import io.ennead.router.dispatch.RemoteExpertLayer.Patience;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.Expectations;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.FakeExpertNode;
import io.ennead.router.peer.FakeExperts;
import io.ennead.router.peer.PeerAddress;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerMonitor;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerState;
import io.ennead.router.placement.Placement;
import io.ennead.router.placement.PlacementTracker;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.Tensor;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class RemoteExpertLayerTest {
  private static final int WIDTH = 16;
  private static final int EXPERTS = 8;
  private static final long SEED = 20_261_122L;
  private static final Duration LONG = Duration.ofSeconds(20);

  private final List<AutoCloseable> open = new ArrayList<>();
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Random random = new Random(SEED);

  @AfterEach
  void closeAll() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  private static FakeExperts experts(ComputeType dtype) {
    return new FakeExperts(WIDTH, dtype, SEED);
  }

  private FakeExpertNode node(ComputeType dtype, int... experts) {
    List<ExpertId> held =
        Arrays.stream(experts)
            .boxed()
            .flatMap(e -> Stream.of(new ExpertId(0, e), new ExpertId(1, e)))
            .toList();
    FakeExpertNode node = new FakeExpertNode("n" + open.size(), experts(dtype), held).start();
    open.add(node);
    return node;
  }

  /** Expert e on node e modulo n. */
  private FakeExpertNode[] spread(ComputeType dtype, int nodes) {
    return IntStream.range(0, nodes)
        .mapToObj(
            n -> node(dtype, IntStream.range(0, EXPERTS).filter(e -> e % nodes == n).toArray()))
        .toArray(FakeExpertNode[]::new);
  }

  private RemoteExpertLayer layer(ComputeType dtype, Duration budget, FakeExpertNode... nodes) {
    PlacementTracker tracker = new PlacementTracker(List.of(0, 1), EXPERTS, new Readiness());
    Expectations expected =
        new Expectations(
            "model", dtype, true, WIDTH, EXPERTS, false, Expectations.ExpertFingerprints.UNKNOWN);
    PeerMonitor monitor =
        PeerMonitor.start(
            Stream.of(nodes).map(FakeExpertNode::address).toList(),
            expected,
            PeerMonitor.Options.DEFAULT,
            tracker::update);
    open.add(monitor);
    await()
        .until(() -> monitor.peers().stream().allMatch(p -> p.state().text().startsWith("ready")));
    return new RemoteExpertLayer(
        tracker::current,
        WIDTH,
        new Patience(budget, budget),
        new DispatchMetrics(registry, EXPERTS, detail()),
        new ExpertRowCounts(List.of(0, 1), EXPERTS));
  }

  private Optional<LayerMetrics> detail() {
    return Optional.of(new LayerMetrics(registry, List.of(0, 1), EXPERTS));
  }

  private float[] hidden(int rows) {
    float[] hidden = new float[rows * WIDTH];
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = (float) random.nextGaussian();
    }
    return hidden;
  }

  /** k different experts per row, weights at random, some exactly 0. */
  private Routing routing(int rows, int k) {
    int[] experts = new int[rows * k];
    float[] weights = new float[rows * k];
    for (int row = 0; row < rows; row++) {
      int[] chosen = random.ints(0, EXPERTS).distinct().limit(k).toArray();
      for (int i = 0; i < k; i++) {
        experts[row * k + i] = chosen[i];
        weights[row * k + i] = random.nextInt(6) == 0 ? 0 : random.nextFloat();
      }
    }
    return new Routing(rows, k, experts, weights);
  }

  private static Routing routing(int[][] experts) {
    int k = experts[0].length;
    int[] flat = Arrays.stream(experts).flatMapToInt(Arrays::stream).toArray();
    float[] weights = new float[flat.length];
    Arrays.fill(weights, 0.5f);
    return new Routing(experts.length, k, flat, weights);
  }

  /** Row by row, expert by expert, in the order of ids. */
  private static float[] slow(ComputeType dtype, int layer, float[] hidden, Routing routing) {
    float[] sum = new float[routing.rows() * WIDTH];
    int k = routing.expertsPerRow();
    for (int row = 0; row < routing.rows(); row++) {
      for (int expert = 0; expert < EXPERTS; expert++) {
        for (int place = row * k; place < (row + 1) * k; place++) {
          if (routing.experts()[place] != expert || routing.weights()[place] == 0) {
            continue;
          }
          float[] out = experts(dtype).seenByRouter(layer, expert, hidden, row);
          for (int i = 0; i < WIDTH; i++) {
            float product = routing.weights()[place] * out[i];
            sum[row * WIDTH + i] = sum[row * WIDTH + i] + product;
          }
        }
      }
    }
    return sum;
  }

  private static int[] bits(float[] values) {
    return IntStream.range(0, values.length).map(i -> Float.floatToIntBits(values[i])).toArray();
  }

  private static float[] row(float[] values, int row) {
    return Arrays.copyOfRange(values, row * WIDTH, (row + 1) * WIDTH);
  }

  @ParameterizedTest
  @CsvSource({"F32,1", "F32,2", "F32,4", "F32,8", "BF16,1", "BF16,2", "BF16,4", "BF16,8"})
  void equalsTheSlowSumBitForBitWhateverTheSplit(ComputeType dtype, int nodes) {
    RemoteExpertLayer remote = layer(dtype, LONG, spread(dtype, nodes));
    for (int rows : new int[] {1, 2, 3, 16, 33}) {
      for (int k = 1; k <= 4; k++) {
        float[] hidden = hidden(rows);
        float[] before = hidden.clone();
        Routing routing = routing(rows, k);
        int layer = random.nextInt(2);
        CombinedRows combined =
            remote.forward(
                layer, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE);
        assertThat(combined.failures()).isEmpty();
        assertThat(bits(combined.values()))
            .as("%d rows, k %d, layer %d, seed %d", rows, k, layer, SEED)
            .isEqualTo(bits(slow(dtype, layer, hidden, routing)));
        assertThat(hidden).isEqualTo(before);
      }
    }
  }

  @Test
  void aRowTravelsOncePerNodeAndOnlyWithExpertsOfWeight() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 2);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    Routing routing =
        new Routing(3, 2, new int[] {4, 2, 6, 1, 2, 5}, new float[] {.6f, .4f, .9f, .1f, 1f, 0f});
    float[] hidden = hidden(3);
    remote.forward(1, Phase.PREFILL, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE);
    ExpertServiceForwardRequest even = nodes[0].requests().remove();
    assertThat(even.getRows().getShapeList()).containsExactly(3L, (long) WIDTH);
    assertThat(even.getLayer()).isEqualTo(1);
    assertThat(even.getPhase()).isEqualTo(io.ennead.v1.Phase.PHASE_PREFILL);
    assertThat(even.getModelFingerprint()).isEqualTo("model");
    assertThat(even.getSlicesList()).extracting(ExpertSlice::getExpert).containsExactly(2, 4, 6);
    assertThat(even.getSlices(0).getRowsList()).containsExactly(0, 2);
    assertThat(even.getSlices(1).getRowsList()).containsExactly(0);
    assertThat(even.getSlices(2).getRowsList()).containsExactly(1);
    ExpertServiceForwardRequest odd = nodes[1].requests().remove();
    assertThat(TensorCodec.floats(odd.getRows(), "rows")).isEqualTo(row(hidden, 1));
    assertThat(odd.getSlicesList()).extracting(ExpertSlice::getExpert).containsExactly(1);
    assertThat(nodes[0].requests()).isEmpty();
    assertThat(nodes[1].requests()).isEmpty();
  }

  @Test
  void nothingIsSentForNothing() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    Routing none = new Routing(0, 2, new int[0], new float[0]);
    assertThat(
            remote
                .forward(
                    0,
                    Phase.DECODE,
                    new float[0],
                    none,
                    CallScope.unbounded(),
                    RoutingObserver.NONE)
                .values())
        .isEmpty();
    Routing weightless = new Routing(1, 1, new int[] {3}, new float[] {0});
    assertThat(
            remote
                .forward(
                    0,
                    Phase.DECODE,
                    hidden(1),
                    weightless,
                    CallScope.unbounded(),
                    RoutingObserver.NONE)
                .values())
        .containsOnly(0f);
    assertThat(nodes[0].requests()).isEmpty();
  }

  @Test
  void hiddenRowsMustFitTheRouting() {
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, spread(ComputeType.F32, 1));
    Routing routing = routing(2, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                remote.forward(
                    0,
                    Phase.DECODE,
                    new float[5],
                    routing,
                    CallScope.unbounded(),
                    RoutingObserver.NONE))
        .withMessage("hidden: 5 values (expected: 2 rows x 16)");
  }

  @Test
  void everyCallIsSentBeforeAnyReplyIsAwaited() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 4);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    CountDownLatch all = new CountDownLatch(nodes.length);
    for (FakeExpertNode node : nodes) {
      node.onForward(
          request -> {
            all.countDown();
            awaitQuietly(all);
            return node.compute(request);
          });
    }
    Routing routing = routing(new int[][] {{0, 1, 2, 3}});
    CombinedRows combined =
        remote.forward(
            0, Phase.DECODE, hidden(1), routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(combined.failures()).isEmpty();
    assertThat(all.getCount()).isZero();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the others were not called");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aPeerThatBreaksItsPromiseToEndTheCallIsNotAwaitedForEver() {
    CompletableFuture<PeerReply> never = new CompletableFuture<>();
    ExpertPeer peer = new EndlessPeer(never);
    Placement placement =
        new Placement(List.of(0), EXPERTS, Map.of(new ExpertId(0, 3), List.of(peer)));
    RemoteExpertLayer layer =
        new RemoteExpertLayer(
            () -> placement,
            WIDTH,
            new Patience(Duration.ofMillis(50), Duration.ofMillis(50)),
            new DispatchMetrics(registry, EXPERTS, detail()),
            new ExpertRowCounts(List.of(0), EXPERTS));

    CombinedRows rows =
        layer.forward(
            0,
            Phase.DECODE,
            hidden(1),
            routing(new int[][] {{3}}),
            CallScope.unbounded(),
            RoutingObserver.NONE);

    assertThat(rows.failures().get(0))
        .hasMessage("experts 3 of layer 0 on endless: no answer within 50 ms");
    assertThat(never).isCancelled();
  }

  /** Ready, and never heard of again. */
  private record EndlessPeer(CompletableFuture<PeerReply> reply) implements ExpertPeer {
    @Override
    public PeerAddress address() {
      return new PeerAddress("endless", 1);
    }

    @Override
    public PeerState state() {
      return new PeerState.Ready(
          new PeerDescription(
              "endless", "1", "model", "f32", "cpu", "bits", true, WIDTH, Map.of()));
    }

    @Override
    public String name() {
      return "endless";
    }

    @Override
    public long heardNanos() {
      return 0;
    }

    @Override
    public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
      return reply;
    }
  }

  @Test
  void rowsOfAFailedNodeFailAndTheOthersAreRight() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 4);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    nodes[1].close();
    Routing routing = routing(new int[][] {{0, 2}, {1, 2}, {3, 7}, {6, 5}});
    float[] hidden = hidden(4);
    CombinedRows combined =
        remote.forward(
            0, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(combined.failures()).containsOnlyKeys(1, 3);
    ServingException error = combined.failures().get(1);
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
    assertThat(error.metadata())
        .containsEntry("experts", "1, 5")
        .containsEntry("layer", "0")
        .containsEntry("node", nodes[1].name());
    float[] oracle = slow(ComputeType.F32, 0, hidden, routing);
    for (int right : new int[] {0, 2}) {
      assertThat(row(combined.values(), right)).isEqualTo(row(oracle, right));
    }
    assertThat(combined.missing()).isEqualTo(Map.of(1, Set.of(1), 3, Set.of(5)));
    Routing survivors = new Routing(4, 1, new int[] {0, 2, 3, 6}, new float[] {0, .5f, 0, .5f});
    float[] rest = slow(ComputeType.F32, 0, hidden, survivors);
    for (int incomplete : new int[] {1, 3}) {
      assertThat(row(combined.values(), incomplete)).isEqualTo(row(rest, incomplete));
    }
  }

  @Test
  void aFullNodesReasonAndHintReachTheRow() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    fail(nodes[0], ServingException.queueFull("rows", 5, Duration.ofMillis(70)));
    ServingException error = onlyFailure(remote, CallScope.unbounded());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(error.retryAfter()).contains(Duration.ofMillis(70));
  }

  @ParameterizedTest
  @CsvSource({
    "ERROR_REASON_EXPERT_NOT_LOADED, ERROR_REASON_EXPERT_UNREACHABLE",
    "ERROR_REASON_MODEL_MISMATCH, ERROR_REASON_EXPERT_UNREACHABLE",
    "ERROR_REASON_NODE_DRAINING, ERROR_REASON_EXPERT_UNREACHABLE",
    "ERROR_REASON_ENGINE_FAILURE, ERROR_REASON_ENGINE_FAILURE",
    "ERROR_REASON_TENSOR_MALFORMED, ERROR_REASON_ENGINE_FAILURE"
  })
  void whatANodeRefusesIsNeverTheUsersFault(ErrorReason said, ErrorReason seen) {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    fail(nodes[0], ServingException.of(said, "as the node says", Map.of()));
    ServingException error = onlyFailure(remote, CallScope.unbounded());
    assertThat(error.reason()).isEqualTo(seen);
    assertThat(error)
        .hasMessageContaining("as the node says")
        .hasMessageContaining(nodes[0].name());
  }

  static Stream<UnaryOperator<ExpertServiceForwardResponse>> badReplies() {
    return Stream.of(
        reply -> ExpertServiceForwardResponse.getDefaultInstance(),
        reply ->
            outputs(reply, TensorCodec.encode(new float[WIDTH], DataType.DATA_TYPE_BF16, 1, WIDTH)),
        reply ->
            outputs(reply, TensorCodec.encode(new float[WIDTH], DataType.DATA_TYPE_F32, WIDTH)),
        reply ->
            outputs(
                reply, TensorCodec.encode(new float[2 * WIDTH], DataType.DATA_TYPE_F32, 2, WIDTH)),
        reply -> outputs(reply, reply.getOutputs().toBuilder().addShape(1).build()),
        reply -> outputs(reply, reply.getOutputs().toBuilder().clearData().build()));
  }

  private static ExpertServiceForwardResponse outputs(
      ExpertServiceForwardResponse reply, Tensor outputs) {
    return reply.toBuilder().setOutputs(outputs).build();
  }

  @ParameterizedTest
  @MethodSource("badReplies")
  void aReplyThatDoesNotFitIsAFailureOfTheNode(
      UnaryOperator<ExpertServiceForwardResponse> distortion) {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    nodes[0].distort(distortion);
    ServingException error = onlyFailure(remote, CallScope.unbounded());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
    assertThat(error)
        .hasMessageContaining(nodes[0].name())
        .hasMessageContaining("bad reply: outputs");
  }

  @Test
  void aRowThatIsNotFiniteFailsAlone() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 2);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    Routing routing = routing(new int[][] {{0, 1}, {2, 3}, {2, 0}});
    float[] hidden = hidden(3);
    hidden[WIDTH + 5] = Float.NaN;
    CombinedRows combined =
        remote.forward(
            0, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(combined.failures()).containsOnlyKeys(1);
    assertThat(combined.failures().get(1))
        .hasMessage(
            "expert 2 of layer 0 on %s: NaN or infinity in its output (expected: finite values)",
            nodes[0].name());
    float[] oracle = slow(ComputeType.F32, 0, hidden, routing);
    assertThat(row(combined.values(), 0)).isEqualTo(row(oracle, 0));
    assertThat(combined.missing().get(1)).containsExactlyInAnyOrder(2, 3);
    assertThat(row(combined.values(), 1)).containsOnly(0f);
    assertThat(row(combined.values(), 2)).isEqualTo(row(oracle, 2));
  }

  @Test
  void anExpertThatNobodyHoldsFailsItsRows() {
    FakeExpertNode node = node(ComputeType.F32, 0, 1, 2);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, node);
    Routing routing = routing(new int[][] {{0, 1}, {2, 3}});
    CombinedRows combined =
        remote.forward(
            1, Phase.DECODE, hidden(2), routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(combined.failures()).containsOnlyKeys(1);
    assertThat(combined.failures().get(1))
        .hasMessage("experts 3 of layer 1 on any node: no ready node holds it");
  }

  @Test
  void aReplicaStandsInForANodeThatFails() {
    int[] all = IntStream.range(0, EXPERTS).toArray();
    FakeExpertNode first = node(ComputeType.F32, all);
    FakeExpertNode second = node(ComputeType.F32, all);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, first, second);
    fail(first, ServingException.queueFull("rows", 5, Duration.ofSeconds(1)));
    float[] hidden = hidden(5);
    Routing routing = routing(5, 2);
    CombinedRows combined =
        remote.forward(
            0, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(combined.failures()).isEmpty();
    assertThat(bits(combined.values())).isEqualTo(bits(slow(ComputeType.F32, 0, hidden, routing)));
    assertThat(first.requests()).isNotEmpty();
    assertThat(second.requests()).isNotEmpty();
  }

  @Test
  void aReplicaStandsInForANodeThatHangs() {
    int[] all = IntStream.range(0, EXPERTS).toArray();
    FakeExpertNode first = node(ComputeType.F32, all);
    FakeExpertNode second = node(ComputeType.F32, all);
    RemoteExpertLayer remote = layer(ComputeType.F32, Duration.ofSeconds(2), first, second);
    first.hang();
    CombinedRows combined =
        remote.forward(
            0,
            Phase.DECODE,
            hidden(1),
            routing(new int[][] {{1, 2}}),
            CallScope.unbounded(),
            RoutingObserver.NONE);
    assertThat(combined.failures()).isEmpty();
    assertThat(second.requests()).isNotEmpty();
  }

  @Test
  void aCallIsTriedThriceAtMost() {
    FakeExpertNode[] nodes = new FakeExpertNode[4];
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = node(ComputeType.F32, IntStream.range(0, EXPERTS).toArray());
      fail(nodes[i], ServingException.queueFull("rows", 5, Duration.ofSeconds(1)));
    }
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    onlyFailure(remote, CallScope.unbounded());
    assertThat(Stream.of(nodes).mapToInt(node -> node.requests().size()).sum()).isEqualTo(3);
  }

  @Test
  void ourOwnMistakesAreNotRetried() {
    FakeExpertNode first = node(ComputeType.F32, IntStream.range(0, EXPERTS).toArray());
    FakeExpertNode second = node(ComputeType.F32, IntStream.range(0, EXPERTS).toArray());
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, first, second);
    fail(first, ServingException.invalidField("layer", 9, "0 to 1"));
    onlyFailure(remote, CallScope.unbounded());
    assertThat(second.requests()).isEmpty();
  }

  @Test
  void aHungNodeIsCutOffByTheLayersBudget() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, Duration.ofMillis(200), nodes);
    nodes[0].hang();
    ServingException error = onlyFailure(remote, CallScope.unbounded());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
    assertThat(error).hasMessageContaining("no answer within 200 ms");
  }

  @Test
  void aHungNodeIsCutOffByTheCallersDeadline() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    nodes[0].hang();
    long start = System.nanoTime();
    ServingException error =
        onlyFailure(remote, CallScope.until(start + Duration.ofMillis(300).toNanos()));
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aScopeThatIsOverSendsNothing() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    assertThat(onlyFailure(remote, CallScope.until(System.nanoTime() - 1)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    CallScope cancelled = CallScope.unbounded();
    cancelled.cancel();
    assertThat(onlyFailure(remote, cancelled).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_CANCELLED);
    assertThat(nodes[0].requests()).isEmpty();
  }

  @Test
  void cancellingTheScopeReachesTheNode() throws Exception {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    nodes[0].hang();
    CallScope scope = CallScope.unbounded();
    CompletableFuture<ServingException> failure =
        CompletableFuture.supplyAsync(() -> onlyFailure(remote, scope));
    await().until(() -> !nodes[0].requests().isEmpty());
    scope.cancel();
    assertThat(failure.get(10, TimeUnit.SECONDS).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_CANCELLED);
    assertThat(nodes[0].cancelled().await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void interruptingTheCallerEndsTheCall() throws Exception {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 1);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    nodes[0].hang();
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              onlyFailure(remote, CallScope.unbounded());
              flag.complete(Thread.currentThread().isInterrupted());
            });
    caller.start();
    await().until(() -> !nodes[0].requests().isEmpty());
    caller.interrupt();
    assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(nodes[0].cancelled().await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aNodeThatIsBackServesAgain() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 2);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    Routing routing = routing(new int[][] {{0, 1}});
    float[] hidden = hidden(1);
    nodes[1].close();
    assertThat(failures(remote, hidden, routing)).isEqualTo(1);
    nodes[1].start();
    await()
        .atMost(1, TimeUnit.SECONDS)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> failures(remote, hidden, routing) == 0);
  }

  private static int failures(RemoteExpertLayer remote, float[] hidden, Routing routing) {
    return remote
        .forward(0, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE)
        .failures()
        .size();
  }

  @Test
  void callsRowsBytesAndFailuresAreCounted() {
    FakeExpertNode[] nodes = spread(ComputeType.F32, 2);
    RemoteExpertLayer remote = layer(ComputeType.F32, LONG, nodes);
    Routing routing = routing(new int[][] {{0, 1}, {0, 2}});
    remote.forward(
        0, Phase.DECODE, hidden(2), routing, CallScope.unbounded(), RoutingObserver.NONE);
    fail(nodes[1], ServingException.draining());
    remote.forward(
        0, Phase.PREFILL, hidden(2), routing, CallScope.unbounded(), RoutingObserver.NONE);
    String even = nodes[0].address().toString();
    String odd = nodes[1].address().toString();
    await()
        .untilAsserted(
            () -> {
              assertThat(metric("ennead_expert_calls", "phase", "decode")).isEqualTo(2);
              assertThat(metric("ennead_expert_calls", "phase", "prefill")).isEqualTo(2);
              assertThat(metric("ennead_expert_tokens", "expert", "0")).isEqualTo(4);
              assertThat(metric("ennead_expert_tokens", "expert", "1")).isEqualTo(2);
              assertThat(metric("ennead_layer_expert_tokens", "layer", "0")).isEqualTo(8);
              assertThat(metric("ennead_layer_expert_tokens", "expert", "0")).isEqualTo(4);
              assertThat(metric("ennead_expert_rpc_tokens", "peer", even)).isEqualTo(6);
              assertThat(metric("ennead_expert_rpc_tokens", "peer", odd)).isEqualTo(2);
              assertThat(metric("ennead_expert_rpc_failures", "peer", odd)).isEqualTo(1);
              assertThat(metric("ennead_expert_rpc_failures", "reason", "NODE_DRAINING"))
                  .isEqualTo(1);
              // Two calls of two rows and one of one row, and as much back (three outputs each).
              assertThat(metric("ennead_expert_rpc_bytes", "peer", even))
                  .isBetween(2.0 * 5 * WIDTH * 4, 2.0 * 5 * WIDTH * 4 + 400);
            });
  }

  private double metric(String name, String label, String value) {
    return registry.scrape().stream()
        .filter(snapshot -> snapshot.getMetadata().getName().equals(name))
        .flatMap(snapshot -> snapshot.getDataPoints().stream())
        .filter(point -> value.equals(point.getLabels().get(label)))
        .mapToDouble(point -> ((CounterDataPointSnapshot) point).getValue())
        .sum();
  }

  private ServingException onlyFailure(RemoteExpertLayer remote, CallScope scope) {
    CombinedRows combined =
        remote.forward(
            0, Phase.DECODE, hidden(1), routing(new int[][] {{3}}), scope, RoutingObserver.NONE);
    assertThat(combined.failures()).containsOnlyKeys(0);
    assertThat(combined.values()).containsOnly(0f);
    return combined.failures().get(0);
  }

  private static void fail(FakeExpertNode node, ServingException error) {
    node.onForward(
        request -> {
          throw error;
        });
  }
}
