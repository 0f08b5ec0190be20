package io.ennead.cli.monitoring;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.errors.ServingException;
import io.ennead.node.Dialer;
import io.ennead.node.Tracing;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.StoppingOptions;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Metrics, dashboards and alerts against a cluster that serves. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
class MonitoringIT {
  private static final Path MODEL = MonitoringFiles.ROOT.resolve("deploy/models/demo");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int NODES = 2;
  private static final String SECRET = "xylophones of quartz";

  private ClusterPlan plan;
  private SpanReceiver receiver;
  private final List<MetricDescriptors> registries = new ArrayList<>();
  private final Set<String> responses = new TreeSet<>();
  private LocalCluster cluster;

  private LogLines log;

  @BeforeAll
  void start() throws Exception {
    log = LogLines.capture();
    receiver = SpanReceiver.start();
    String[] traces = {"--otlp-endpoint", receiver.url(), "--trace-ratio", "0"};
    plan =
        new ClusterPlan(MODEL, "f32", 8, PortPlan.of(0, NODES))
            .withExpertFlags(traces)
            .withRouterFlags(
                Stream.concat(Stream.of(traces), Stream.of("--metrics-detail", "layers"))
                    .toArray(String[]::new));
    cluster = LocalCluster.start(plan, LIMIT, this::registry);
    serveSomething();
    serveTraced();
  }

  private MetricDescriptors registry() {
    MetricDescriptors registry = new MetricDescriptors();
    registries.add(registry);
    return registry;
  }

  private void serveSomething() {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(SECRET)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(8).setIgnoreEos(true))
            .build();
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      for (int i = 0; i < 3; i++) {
        try (Generation pieces = client.generate(request, LIMIT)) {
          pieces.forEachRemaining(piece -> responses.add(piece.getResponseId()));
        }
      }
      assertThatThrownBy(() -> client.generate(tooLong(), LIMIT).forEachRemaining(piece -> {}))
          .isInstanceOf(ServingException.class);
    }
  }

  private void serveTraced() {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText("Two tokens")
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(2).setIgnoreEos(true))
            .build();
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder().setEndpoint(receiver.url() + "/v1/traces").build();
    String router = plan.ports().router().address();
    try (Tracing tracing = Tracing.with(BatchSpanProcessor.builder(exporter).build(), 1, "client");
        EnneadClient client = EnneadClient.connect(router, Dialer.PLAINTEXT.traced(tracing));
        Generation pieces = client.generate(request, LIMIT)) {
      pieces.forEachRemaining(piece -> responses.add(piece.getResponseId()));
    }
  }

  private static GenerateRequest tooLong() {
    return GenerateRequest.newBuilder().setText(SECRET.repeat(1000)).build();
  }

  @Test
  void noLineOfTheLogHoldsAPrompt() {
    assertThat(log.events())
        .isNotEmpty()
        .noneMatch(event -> event.getFormattedMessage().contains(SECRET.substring(0, 9)))
        .noneMatch(event -> String.valueOf(event.getKeyValuePairs()).contains("xylophone"));
  }

  @Test
  void theLogNamesRequestsAsTheirResponsesDo() {
    assertThat(log.events())
        .filteredOn(event -> event.getFormattedMessage().startsWith("ended by LENGTH: "))
        .extracting(event -> event.getKeyValuePairs().get(0).value)
        .containsExactlyInAnyOrderElementsOf(responses);
    assertThat(responses).hasSize(4);
  }

  @AfterAll
  void close() {
    cluster.close();
    receiver.close();
    log.close();
  }

  /**
   * The table of docs/metrics.md is made by this test: it fails, and says where the right one is.
   */
  @Test
  void theTableOfMetricsIsWhatNodesRegister() throws IOException {
    String table = table("Router", router()) + "\n" + table("Expert node", expert());
    String documented = Files.readString(MonitoringFiles.METRICS);
    Path right = Path.of("target", "metrics-tables.md");
    Files.writeString(right, table);
    assertThat(documented).as("right tables: %s", right.toAbsolutePath()).endsWith(table);
  }

  private List<MetricRow> expert() {
    return registries.get(0).rows();
  }

  private List<MetricRow> router() {
    return registries.get(NODES).rows();
  }

  private static String table(String node, List<MetricRow> rows) {
    return "## %s\n\n| name | type | unit | labels | help |\n|---|---|---|---|---|\n"
            .formatted(node)
        + rows.stream().map(MetricRow::line).sorted().collect(joining("\n", "", "\n"));
  }

  @Test
  void namesFollowTheConventions() {
    for (MetricRow row : all()) {
      assertThat(row.name()).matches("(ennead|grpc_server)_[a-z0-9_]+");
      assertThat(row.name().endsWith("_total"))
          .as(row.name())
          .isEqualTo(row.type().equals("counter"));
      assertThat(row.name()).doesNotContainPattern("_(ms|millis|nanos|us|kb|mb|percent)(_|$)");
      assertThat(row.help())
          .as(row.name())
          .matches("(gRPC|[A-Z0-9]).*\\.")
          .doesNotContain("|", "\n");
      assertThat(Set.of(row.labels().split(", ")))
          .as("labels whose values are bounded, of %s", row.name())
          .isSubsetOf(LABELS);
    }
  }

  private static final Set<String> LABELS =
      Set.of(
          "",
          "model_name",
          "finished_reason",
          "reason",
          "bound",
          "phase",
          "peer",
          "state",
          "direction",
          "expert",
          "layer",
          "outcome",
          "files",
          "route",
          "code",
          "grpc_service",
          "grpc_method",
          "grpc_code",
          "version",
          "java");

  private List<MetricRow> all() {
    return registries.stream().flatMap(registry -> registry.rows().stream()).toList();
  }

  @Test
  void everyMetricHasSamplesFromTheStart() throws Exception {
    Set<String> told = families(page(plan.ports().router()));
    assertThat(told).containsAll(names(router()));
    assertThat(families(page(plan.ports().experts().get(0)))).containsAll(names(expert()));
  }

  private static List<String> names(List<MetricRow> rows) {
    return rows.stream().filter(row -> !row.onDemand()).map(MetricRow::name).toList();
  }

  @Test
  void panelsAndRulesReadWhatNodesTell() throws Exception {
    Set<String> told = families(page(plan.ports().router()));
    told.addAll(families(page(plan.ports().experts().get(0))));
    all().stream().filter(MetricRow::onDemand).forEach(row -> told.add(row.name()));
    for (String query : MonitoringFiles.queries()) {
      assertThat(told).as(query).containsAll(MonitoringFiles.families(query));
    }
  }

  private static Set<String> families(String page) {
    return page.lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ")[2])
        .collect(java.util.stream.Collectors.toCollection(TreeSet::new));
  }

  private static String page(PortPlan.Ports node) throws IOException, InterruptedException {
    return get("http://127.0.0.1:%d/metrics".formatted(node.admin()));
  }

  private static String get(String url) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  @Test
  void promtoolFindsNothingWrongWithThePages(@TempDir Path directory) throws Exception {
    Tools.require("promtool");
    for (PortPlan.Ports node : List.of(plan.ports().router(), plan.ports().experts().get(0))) {
      Path page = Files.writeString(directory.resolve("page"), own(page(node)));
      Tools.Result result = Tools.run(directory, page, List.of("promtool", "check", "metrics"));
      assertThat(result.output()).isEmpty();
      assertThat(result.code()).isZero();
    }
  }

  /** Without the JVM's metrics, whose names are the library's. */
  private static String own(String page) {
    return page.lines()
        .filter(line -> line.matches("(# (HELP|TYPE) )?(ennead|grpc)_.*"))
        .collect(joining("\n", "", "\n"));
  }

  @Test
  void prometheusReadsTheClusterAndAnswersEveryQuery(@TempDir Path directory) throws Exception {
    Tools.require("prometheus");
    try (Prometheus prometheus = Prometheus.start(directory, targets())) {
      prometheus.awaitUp(NODES + 1);
      Set<String> known = prometheus.names();
      for (MetricRow row : all()) {
        if (!row.onDemand()) {
          assertThat(known)
              .anyMatch(name -> name.replaceAll("_(count|sum|bucket)$", "").equals(row.name()));
        }
      }
      for (String query : MonitoringFiles.queries()) {
        prometheus.query(query); // fails unless it is understood
      }
      assertThat(prometheus.sum("ennead_generation_tokens_total")).isEqualTo(3 * 8 + 2);
      assertThat(prometheus.sum("ennead_expert_peer_state{state=\"ready\"}")).isEqualTo(NODES);
      assertThat(prometheus.sum("ennead_request_success_total")).isEqualTo(4);
      assertThat(prometheus.sum("ennead_expert_tokens_total"))
          .as("each token to two experts in four layers")
          .isEqualTo(2 * 4 * prometheus.sum("ennead_step_rows_total"));
      assertThat(
              prometheus.sum("sum(ennead_expert_rows_total) - sum(ennead_expert_rpc_tokens_total)"))
          .as("what routers asked for was computed, warm-up aside")
          .isNotNegative();
    }
  }

  /** What the client decides holds for router and expert nodes, which would trace nothing. */
  @Test
  void oneTraceGoesFromTheClientThroughRouterAndLayersToTheExperts() {
    await().atMost(LIMIT).untilAsserted(this::assertOneTrace);
  }

  private void assertOneTrace() {
    TraceTree tree = new TraceTree(receiver.spans());
    assertThat(tree.traces()).as("no other request is traced").hasSize(1);
    assertThat(tree.paths("ennead-expert"))
        .isNotEmpty()
        .allMatch(
            path ->
                path.matches(
                    "client/Sent.ennead.v1.InferenceService.Generate"
                        + " > client/Attempt.ennead.v1.InferenceService.Generate"
                        + " > ennead-router/Recv.ennead.v1.InferenceService.Generate"
                        + " > ennead-router/text_completion demo"
                        + " > ennead-router/step (prefill|decode)"
                        + " > ennead-router/layer [0-3]"
                        + " > ennead-router/Sent.ennead.v1.ExpertService.Forward"
                        + " > ennead-router/Attempt.ennead.v1.ExpertService.Forward"
                        + " > ennead-expert/Recv.ennead.v1.ExpertService.Forward"));
    assertThat(tree.named("step prefill")).hasSize(1);
    assertThat(tree.named("step decode")).hasSize(1);
    assertThat(tree.named("layer 3")).hasSize(2);
    assertThat(tree.named("text_completion demo"))
        .singleElement()
        .satisfies(
            span ->
                assertThat(span.attributes())
                    .containsEntry("gen_ai.operation.name", "text_completion")
                    .containsEntry("gen_ai.request.model", "demo")
                    .containsEntry("gen_ai.request.max_tokens", "2")
                    .containsEntry("gen_ai.usage.output_tokens", "2")
                    .containsKeys("gen_ai.response.id", "gen_ai.usage.input_tokens"));
  }

  private TreeMap<String, List<String>> targets() {
    TreeMap<String, List<String>> targets = new TreeMap<>();
    targets.put("router", List.of(admin(plan.ports().router())));
    targets.put("experts", Stream.of(0, 1).map(i -> admin(plan.ports().experts().get(i))).toList());
    return targets;
  }

  private static String admin(PortPlan.Ports node) {
    return "127.0.0.1:" + node.admin();
  }
}
