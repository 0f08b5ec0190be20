package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ennead.client.ClusterClient;
import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.PackId;
import io.ennead.node.ConfigLoader;
import io.ennead.node.Dialer;
import io.ennead.router.RouterConfig;
import io.ennead.router.RouterNode;
import io.ennead.v1.ActivePack;
import io.ennead.v1.AddPackRequest;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.Model;
import io.ennead.v1.PlacedExpert;
import io.ennead.v1.RemovePackRequest;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceLevel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Packs come and go while requests are served: none fails, and those that a pack is nothing for
 * keep their bits. {@code -Dennead.long=true} does it fifty times. And nodes go and come back: the
 * packs do too.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class PackIT {
  private static final int ROUNDS = Boolean.getBoolean("ennead.long") ? 50 : 2;
  private static final int CALLERS = 3;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final PackId TWIN = new PackId("twin", "1");

  private final PortPlan ports = PortPlan.of(0, 2);
  private final List<ExpertNode> nodes = new ArrayList<>();
  private ClusterPlan plan;
  private RouterNode router;
  private ClusterClient operator;

  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger packed = new AtomicInteger();
  private final List<Object> failures = new CopyOnWriteArrayList<>();

  @BeforeAll
  void start(@TempDir Path packs) throws InterruptedException {
    Checkpoint model = Checkpoint.open(DemoPlan.MODEL);
    ExpertCopies.write(
        packs.resolve(TWIN.directory()),
        TWIN,
        model,
        Fingerprints.model(model),
        new TreeMap<>(Map.of(0, 1, 1, 2, 2, 3, 3, 4)));
    plan =
        new ClusterPlan(DemoPlan.MODEL, "f32", DemoPlan.EXPERTS, ports)
            .withMoreFlags(List.of("--packs", packs.toString()));
    for (int node = 0; node < plan.nodes(); node++) {
      nodes.add(startExpert(node));
    }
    startRouter();
  }

  private ExpertNode startExpert(int node) throws InterruptedException {
    ExpertConfig config =
        ConfigLoader.load(ExpertConfig.class, "expert", plan.expertFlags(node), Map.of());
    ExpertNode expert = ExpertNode.start(config, TorchExperts::load);
    expert.awaitReady(DemoPlan.START_LIMIT);
    return expert;
  }

  private void startRouter() throws InterruptedException {
    router =
        RouterNode.start(
            ConfigLoader.load(RouterConfig.class, "router", plan.routerFlags(), Map.of()));
    operator = ClusterClient.connect("127.0.0.1:" + ports.cluster(), Dialer.PLAINTEXT);
    router.awaitReady(DemoPlan.START_LIMIT);
  }

  private void stopRouter() {
    operator.close();
    router.close();
  }

  @AfterAll
  void close() {
    stopRouter();
    nodes.forEach(ExpertNode::close);
  }

  private EnneadClient client() {
    return EnneadClient.connect(ports.router().address());
  }

  private static GenerateRequest.Builder request(long seed) {
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder().setText("Once upon a time there was a poor woodcutter");
    request.getSamplingBuilder().setTemperature(1).setSeed(seed);
    request.getStoppingBuilder().setMaxTokens(24).setIgnoreEos(true);
    request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_SUMMARY);
    return request;
  }

  /** The token ids of an answer; whether a pack's expert computed any of it is counted. */
  private List<Integer> generate(EnneadClient client, GenerateRequest request) {
    List<Integer> ids = new ArrayList<>();
    AtomicBoolean beyond = new AtomicBoolean();
    try (var generation = client.generate(request, LIMIT)) {
      generation.forEachRemaining(
          piece -> {
            ids.addAll(piece.getTokenIdsList());
            beyond.compareAndSet(false, chosen(piece));
          });
    }
    packed.addAndGet(beyond.get() ? 1 : 0);
    return ids;
  }

  private static boolean chosen(GenerateResponse piece) {
    return piece.getTrace().getSummaryList().stream()
        .anyMatch(
            layer ->
                layer.getExpertTokensCount() > DemoPlan.EXPERTS
                    && layer.getExpertTokens(DemoPlan.EXPERTS) > 0);
  }

  private ActivePack add(boolean suppressed, int replicas) {
    return operator
        .addPack(
            AddPackRequest.newBuilder()
                .setName("twin")
                .setVersion("1")
                .setReplicas(replicas)
                .setSuppressed(suppressed)
                .build(),
            LIMIT)
        .getPack();
  }

  private void remove() {
    operator.removePack(
        RemovePackRequest.newBuilder().setName("twin").setVersion("1").build(), LIMIT);
  }

  @Test
  void noRequestFailsWhilePacksComeAndGo() throws InterruptedException {
    List<Thread> load = new ArrayList<>();
    for (int caller = 0; caller < CALLERS; caller++) {
      long seed = caller;
      Thread thread = new Thread(() -> call(seed), "load");
      thread.start();
      load.add(thread);
    }
    for (int round = 0; round < ROUNDS; round++) {
      ActivePack twin = add(false, 1 + round % 2);
      assertThat(twin.getFirstExpert()).isEqualTo(DemoPlan.EXPERTS);
      assertThat(twin.getNodesList()).hasSize(1 + round % 2);
      awaitCalls(2 * CALLERS);
      remove();
      awaitCalls(CALLERS);
    }
    stopped.set(true);
    for (Thread thread : load) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    assertThat(packed).as("answers that the pack had a part in, of %s", calls).hasPositiveValue();
  }

  private void call(long seed) {
    try (EnneadClient client = client()) {
      while (!stopped.get()) {
        generate(client, request(seed).build());
        calls.incrementAndGet();
      }
    } catch (RuntimeException | Error e) {
      failures.add(e);
    }
  }

  private void awaitCalls(int more) throws InterruptedException {
    int until = calls.get() + more;
    while (calls.get() < until && failures.isEmpty()) {
      Thread.sleep(20);
    }
  }

  @Test
  void aCopyThatIsSuppressedOrExcludedChangesNoBit() {
    try (EnneadClient client = client()) {
      List<Integer> plain = generate(client, request(7).build());
      add(true, 2);
      assertThat(generate(client, request(7).build())).isEqualTo(plain);
      remove();
      add(false, 1);
      GenerateRequest.Builder without = request(7);
      without.getRoutingBuilder().addExcludedBuilder().setExpert(DemoPlan.EXPERTS);
      assertThat(generate(client, without.build())).isEqualTo(plain);
      Model model = client.listModels(LIMIT).getModels(0);
      assertThat(model.getExperts()).isEqualTo(DemoPlan.EXPERTS + 1);
      assertThat(model.getPacksList()).containsExactly("twin@1");
      assertThat(operator.placement(LIMIT).getExpertsList())
          .filteredOn(expert -> expert.getExpert() == DemoPlan.EXPERTS)
          .hasSize(4)
          .extracting(PlacedExpert::getNodesCount)
          .containsOnly(1);
      remove();
      assertThat(generate(client, request(7).build())).isEqualTo(plain);
      assertThatThrownBy(() -> generate(client, without.build()))
          .isInstanceOf(ServingException.class)
          .hasMessageContaining("routing.excluded[0].expert: 8 (expected: 0 to 7)");
    }
    assertThat(operator.packs(LIMIT).getPacksList()).isEmpty();
    assertThatThrownBy(this::remove)
        .isInstanceOf(ServingException.class)
        .hasMessageContaining("pack: twin@1 (expected: one of [])");
  }

  @Test
  void packsOutliveTheRouterAndTheNodesThatHoldThem() throws InterruptedException {
    add(false, 2);
    List<TokenLogprob> before = bits();
    stopRouter();
    startRouter();
    assertThat(holders()).containsExactly("expert-0", "expert-1");
    assertThat(bits()).isEqualTo(before);
    nodes.remove(1).close();
    await().atMost(LIMIT).until(() -> holders().equals(List.of("expert-0")));
    nodes.add(startExpert(1));
    await().atMost(LIMIT).until(() -> holders().equals(List.of("expert-0", "expert-1")));
    assertThat(bits()).isEqualTo(before);
    remove();
    stopRouter();
    startRouter();
    assertThat(operator.packs(LIMIT).getPacksList()).isEmpty();
  }

  /** The nodes that hold the only pack. */
  private List<String> holders() {
    List<ActivePack> packs = operator.packs(LIMIT).getPacksList();
    assertThat(packs).hasSize(1);
    return packs.get(0).getNodesList();
  }

  /** Tokens and log-probabilities of an answer that the pack has a part in. */
  private List<TokenLogprob> bits() {
    List<TokenLogprob> bits = new ArrayList<>();
    AtomicBoolean beyond = new AtomicBoolean();
    try (EnneadClient client = client();
        var generation = client.generate(request(11).setLogprobs(2).build(), LIMIT)) {
      generation.forEachRemaining(
          piece -> {
            bits.addAll(piece.getLogprobsList());
            beyond.compareAndSet(false, chosen(piece));
          });
    }
    assertThat(beyond).isTrue();
    assertThat(bits).isNotEmpty();
    return bits;
  }
}
