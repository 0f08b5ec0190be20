package io.ennead.cli.attack;

import static org.assertj.core.api.Assertions.assertThat;

import inference.GRPCInferenceServiceGrpc;
import io.ennead.cli.attack.Attack.Victim;
import io.ennead.cli.attack.Usage.Resource;
import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.MoeServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A hundred connections of every attack at once: meanwhile the nodes say that they live, and after
 * it they use, over all attacks so far, at most 32 MiB more, hold nothing and serve as before.
 * {@code -Dennead.long=true} attacks an expert node too.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(180)
class AttackIT {
  private static final int CONNECTIONS = 100;
  private static final int MUTANTS = Boolean.getBoolean("ennead.long") ? 10_000 : 100;
  private static final int RESETS = 40_000; // the limit is 20,000 in 30 seconds
  private static final int STREAMS = 1024; // of one connection at a time
  private static final int RECORDS = 10 * CONNECTIONS;
  private static final Path MODEL = Path.of("../models/demo").toAbsolutePath().normalize();
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final double MIB_32 = 32 << 20;

  private static final Map<Resource, Double> BOUNDS =
      Map.of(
          Resource.HEAP, MIB_32,
          Resource.DIRECT, MIB_32,
          Resource.FILES, 10.0,
          Resource.KV_CACHE, 0.0,
          Resource.REQUESTS, 0.0,
          Resource.CALLS, 0.0);

  private final ClusterPlan plan = new ClusterPlan(MODEL, "f32", 8, PortPlan.of(0, 2));
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(LIMIT).build();
  private final long seed = new Random().nextLong();
  private final LoggedRecords logged = new LoggedRecords();
  private LocalCluster cluster;
  private EnneadClient client;
  private LeakGuard guard;

  @BeforeAll
  void start() throws Exception {
    cluster = LocalCluster.start(plan, Duration.ofMinutes(3));
    client = EnneadClient.connect(plan.ports().router().address());
    requireLive("start");
    requireServing(client, "start");
    guard = LeakGuard.watch(BOUNDS, pages());
    logged.listen();
  }

  @AfterAll
  void close() {
    logged.close();
    client.close();
    cluster.close();
  }

  static Stream<Attack> grpcAttacks() {
    return Stream.concat(StreamAttacks.all(), MessageAttacks.all());
  }

  @ParameterizedTest
  @MethodSource("grpcAttacks")
  void theRouterServesOn(Attack attack) throws Exception {
    int port = plan.ports().router().grpc();
    byte[] request = greedy(200).toByteArray();
    survives(attack, new Victim(port, "ennead.v1.InferenceService/Generate", request, seed));
  }

  /** The server is the same class as the router's, so this is for the long form. */
  @ParameterizedTest
  @MethodSource("grpcAttacks")
  @EnabledIfSystemProperty(named = "ennead.long", matches = "true")
  void anExpertNodeServesOn(Attack attack) throws Exception {
    int port = plan.ports().experts().get(0).grpc();
    byte[] request = ExpertServiceForwardRequest.newBuilder().setLayer(1).build().toByteArray();
    survives(attack, new Victim(port, "ennead.v1.ExpertService/Forward", request, seed));
  }

  static Stream<Attack> adminAttacks() {
    return AdminAttacks.all();
  }

  @ParameterizedTest
  @MethodSource("adminAttacks")
  void adminHttpServesOn(Attack attack) throws Exception {
    survives(attack, new Victim(plan.ports().router().admin(), "", new byte[0], seed));
  }

  /** The server is the same class as the admin port's, so this is for the long form. */
  @ParameterizedTest
  @MethodSource("adminAttacks")
  @EnabledIfSystemProperty(named = "ennead.long", matches = "true")
  void theHttpApiServesOn(Attack attack) throws Exception {
    survives(attack, new Victim(plan.ports().http(), "", new byte[0], seed));
  }

  /** Through the services and the engine, as bytes that a client may send. */
  @Test
  void changedRequestsAreAnsweredOrRefusedByTheirReason() throws Exception {
    ManagedChannel router = channel(plan.ports().router());
    ManagedChannel expert = channel(plan.ports().experts().get(0));
    try {
      RequestMutants mutants = new RequestMutants(router, seed, LIMIT);
      mutants.send(InferenceServiceGrpc.getGenerateMethod(), Requests.generate(), MUTANTS);
      mutants.send(InferenceServiceGrpc.getScoreMethod(), Requests.score(), MUTANTS);
      int hidden = client.listModels(LIMIT).getModels(0).getHiddenSize();
      mutants.send(MoeServiceGrpc.getForwardMethod(), Requests.layer(hidden), MUTANTS);
      MethodDescriptor<?, ?> infer = GRPCInferenceServiceGrpc.getModelInferMethod();
      mutants.send(infer, Requests.kserveText(), MUTANTS);
      mutants.send(infer, Requests.kserveLayer(hidden), MUTANTS);
      new RequestMutants(expert, seed, LIMIT)
          .send(ExpertServiceGrpc.getForwardMethod(), Requests.experts(hidden), MUTANTS);
    } finally {
      router.shutdownNow();
      expert.shutdownNow();
    }
    guard.assertNoGrowth("changed requests, seed " + seed);
    requireServing(client, "changed requests, seed " + seed);
  }

  private static ManagedChannel channel(PortPlan.Ports ports) {
    return NettyChannelBuilder.forTarget(ports.address()).usePlaintext().build();
  }

  /** The connection is closed with a reason, and what it opened is gone. */
  @Test
  void moreResetsThanAnyClientNeedsEndTheConnection() {
    Victim victim = new Victim(plan.ports().router().grpc(), "no/Method", new byte[0], seed);
    try (RawHttp2 http2 = RawHttp2.open(victim.port())) {
      for (int i = 0; i < RESETS && http2.socket().open(); i++) {
        http2.start(2 * i + 1, victim.method());
        http2.frame(RawHttp2.RST_STREAM, 0, 2 * i + 1, RawHttp2.number(8));
      }
      http2.socket().awaitClosed();
      assertThat(http2.received().goAwayCode()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
    }
  }

  @Test
  void streamsAboveTheLimitOfAConnectionAreReset() {
    try (RawHttp2 http2 = RawHttp2.open(plan.ports().router().grpc())) {
      for (int i = 0; i < STREAMS + 76; i++) {
        http2.start(2 * i + 1, "ennead.v1.InferenceService/Generate");
      }
      http2.readUntil(RawHttp2.RST_STREAM, 76, LIMIT);
      assertThat(http2.received().count(RawHttp2.RST_STREAM)).isEqualTo(76);
    }
  }

  /** What is refused is refused alone: the connection goes on. */
  @Test
  void aCallOfTooLongHeadersIsRefusedAndTheNextOneOnItsConnectionIsAnswered() {
    String method = "grpc.health.v1.Health/Check";
    try (RawHttp2 http2 = RawHttp2.open(plan.ports().router().grpc())) {
      http2.request(1, method, new byte[0], "x-long", "x".repeat(9 << 10));
      http2.readUntil(RawHttp2.HEADERS, 1, LIMIT);
      assertThat(http2.received().count(RawHttp2.DATA)).isZero();
      http2.request(3, method, new byte[0]);
      http2.readUntil(RawHttp2.DATA, 1, LIMIT);
      assertThat(http2.received().count(RawHttp2.DATA)).isEqualTo(1);
    }
  }

  private void survives(Attack attack, Victim victim) throws Exception {
    String what = "%s, seed %d".formatted(attack, seed);
    logged.forget();
    Deque<AutoCloseable> open = new ArrayDeque<>();
    try {
      for (int i = 0; i < CONNECTIONS; i++) {
        open.push(attack.open().apply(victim.withSeed(seed + 100L * i)));
      }
      requireLive(what);
    } finally {
      for (AutoCloseable connection : open) {
        connection.close();
      }
    }
    requireServing(client, what);
    try (EnneadClient other = EnneadClient.connect(plan.ports().router().address())) {
      requireServing(other, what);
    }
    guard.assertNoGrowth(what);
    assertThat(logged.count()).as("records in the log: %s", what).isLessThan(RECORDS);
  }

  private void requireLive(String what) throws IOException, InterruptedException {
    for (PortPlan.Ports ports : nodes().toList()) {
      try (EnneadClient asking = EnneadClient.connect(ports.address())) {
        assertThat(asking.health("", LIMIT)).as(what).isEqualTo(ServingStatus.SERVING);
      }
      assertThat(get(ports, "/livez")).as(what).isEqualTo("ok\n");
      assertThat(get(ports, "/readyz")).as(what).isEqualTo("ready\n");
    }
  }

  private Stream<PortPlan.Ports> nodes() {
    return Stream.concat(
        Stream.of(plan.ports().router()), plan.ports().experts().stream().limit(1));
  }

  private List<Supplier<String>> pages() {
    return nodes()
        .<Supplier<String>>map(
            ports ->
                () -> {
                  try {
                    return get(ports, "/metrics");
                  } catch (IOException | InterruptedException e) {
                    throw new AssertionError("no metrics", e);
                  }
                })
        .toList();
  }

  private String get(PortPlan.Ports ports, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(ports.admin(), path));
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(LIMIT).build();
    return http.send(request, BodyHandlers.ofString()).body();
  }

  private static void requireServing(EnneadClient client, String what) {
    try (Generation generation = client.generate(greedy(3), LIMIT)) {
      int tokens = 0;
      while (generation.hasNext()) {
        tokens = generation.next().getFinish().getGeneratedTokens();
      }
      assertThat(tokens).as(what).isEqualTo(3);
    }
  }

  private static GenerateRequest greedy(int tokens) {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("The king");
    request.getSamplingBuilder().setTemperature(0);
    request.getStoppingBuilder().setMaxTokens(tokens).setIgnoreEos(true);
    return request.build();
  }
}
