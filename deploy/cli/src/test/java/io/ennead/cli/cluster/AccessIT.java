package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import io.ennead.node.Dialer;
import io.ennead.node.GrpcErrors;
import io.ennead.node.HealthCheck;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every method and route that nodes serve, as nobody, as the wrong one and as the right one. */
@Timeout(180)
class AccessIT {
  /** Who may call a service: written down once more, so that the table is not its own proof. */
  private static final Map<String, Set<Role>> ALLOWED =
      Map.of(
          "ennead.v1.InferenceService", EnumSet.of(Role.INFER, Role.ADMIN),
          "ennead.v1.MoeService", EnumSet.of(Role.INFER, Role.ADMIN),
          "inference.GRPCInferenceService", EnumSet.of(Role.INFER, Role.ADMIN),
          "ennead.v1.ExpertService", EnumSet.of(Role.NODE),
          "ennead.v1.ClusterService", EnumSet.of(Role.ADMIN),
          "grpc.reflection.v1.ServerReflection", EnumSet.of(Role.READ, Role.ADMIN),
          "grpc.reflection.v1alpha.ServerReflection", EnumSet.of(Role.READ, Role.ADMIN));

  /** Of a service that others call too. */
  private static final Set<String> CHANGES =
      Set.of("ennead.v1.ExpertService/LoadExperts", "ennead.v1.ExpertService/UnloadExperts");

  /** For probes, which carry no key. */
  private static final Set<String> OPEN =
      Set.of(
          "grpc.health.v1.Health/Check",
          "grpc.health.v1.Health/Watch",
          "inference.GRPCInferenceService/ServerLive",
          "inference.GRPCInferenceService/ServerReady",
          "inference.GRPCInferenceService/ModelReady");

  private static final Set<Role> READERS = EnumSet.of(Role.READ, Role.ADMIN);

  private static SecuredCluster cluster;
  private static Path elsewhere;

  private final List<ManagedChannel> channels = new ArrayList<>();

  @BeforeAll
  static void start(@TempDir Path directory, @TempDir Path other) throws Exception {
    cluster = new SecuredCluster(directory);
    elsewhere = other;
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void disconnect() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  private ManagedChannel open(PortPlan.Ports node, Dialer dialer) {
    ManagedChannel channel = dialer.to(node.address()).build();
    channels.add(channel);
    return channel;
  }

  private List<String> methods(PortPlan.Ports node) throws Exception {
    Dialer reader = cluster.dialer(cluster.client()).withKey(cluster.key(Role.READ));
    List<String> methods = AnyMethod.of(open(node, reader));
    assertThat(methods).hasSizeGreaterThan(5);
    return methods;
  }

  private static List<PortPlan.Ports> nodes() {
    return List.of(cluster.router(), cluster.operators(), cluster.expert());
  }

  private static Set<Role> allowed(String method) {
    if (OPEN.contains(method)) {
      return EnumSet.allOf(Role.class);
    }
    if (method.startsWith("grpc.health.v1.Health/") || method.endsWith("/ModelStatistics")) {
      return READERS;
    }
    if (CHANGES.contains(method)) {
      return EnumSet.of(Role.ADMIN);
    }
    Set<Role> roles = ALLOWED.get(method.substring(0, method.indexOf('/')));
    assertThat(roles).as("%s: say here who may call it", method).isNotNull();
    return roles;
  }

  @Test
  void withoutAKeyNothingButHealthAnswers() throws Exception {
    for (PortPlan.Ports node : nodes()) {
      ManagedChannel channel = open(node, cluster.dialer(cluster.client()));
      for (String method : methods(node)) {
        allowed(method);
        Status.Code expected = OPEN.contains(method) ? Status.Code.OK : Status.Code.UNAUTHENTICATED;
        assertThat(AnyMethod.call(channel, method).getCode()).as(method).isEqualTo(expected);
      }
    }
  }

  @Test
  void unknownKeysAreRefused() throws Exception {
    for (PortPlan.Ports node : nodes()) {
      ManagedChannel channel = open(node, cluster.dialer(cluster.client()).withKey("ennead_x"));
      for (String method : methods(node)) {
        Status.Code expected = OPEN.contains(method) ? Status.Code.OK : Status.Code.UNAUTHENTICATED;
        assertThat(AnyMethod.call(channel, method).getCode()).as(method).isEqualTo(expected);
      }
    }
  }

  @Test
  void aKeyOpensWhatItsRoleMayDoAndNothingElse() throws Exception {
    for (PortPlan.Ports node : nodes()) {
      for (Role role : Role.values()) {
        Dialer dialer = cluster.dialer(cluster.client()).withKey(cluster.key(role));
        ManagedChannel channel = open(node, dialer);
        for (String method : methods(node)) {
          boolean denied =
              AnyMethod.call(channel, method).getCode() == Status.Code.PERMISSION_DENIED;
          assertThat(denied)
              .as("%s as %s", method, role)
              .isNotEqualTo(allowed(method).contains(role));
        }
      }
    }
  }

  @Test
  void aCertificateOfANodeIsAllowedWithoutAKey() throws Exception {
    Issued node = cluster.ca().issue("peer", List.of(), List.of(Role.NODE), SecuredCluster.DAY);
    ManagedChannel channel = open(cluster.expert(), cluster.dialer(node));
    Status described = AnyMethod.call(channel, "ennead.v1.ExpertService/DescribeNode");
    assertThat(described.getCode()).isEqualTo(Status.Code.OK);
    Status reflected =
        AnyMethod.call(channel, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    assertThat(reflected.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void badCertificatesFailTheHandshakeOfEveryMethodAndAreCounted() throws Exception {
    Issued expired =
        cluster.ca().issue("expired", List.of(), List.of(Role.ADMIN), Duration.ofHours(-1));
    Issued foreign =
        DevelopmentCa.open(elsewhere)
            .issue("x", List.of(), List.of(Role.ADMIN), SecuredCluster.DAY);
    Dialer none = Dialer.tls(Optional.of(cluster.trusted()), Optional.empty(), Optional.empty());
    List<Dialer> bad = List.of(cluster.dialer(expired), cluster.dialer(foreign), none);
    for (PortPlan.Ports node : nodes()) {
      List<String> methods = methods(node);
      double before = failedHandshakes(node);
      for (Dialer dialer : bad) {
        ManagedChannel channel = open(node, dialer.withKey(cluster.key(Role.ADMIN)));
        for (String method : methods) {
          Status status = AnyMethod.call(channel, method);
          assertThat(status.getCode()).as(method).isEqualTo(Status.Code.UNAVAILABLE);
          assertThat(GrpcErrors.fromThrowable(status.asRuntimeException()))
              .as(method)
              .hasMessageContaining("UNAVAILABLE: TLS handshake failed");
        }
      }
      assertThat(failedHandshakes(node)).isGreaterThanOrEqualTo(before + bad.size());
    }
  }

  private static double failedHandshakes(PortPlan.Ports node) throws Exception {
    String metrics =
        cluster.get(node.admin(), "/metrics", Optional.of(cluster.key(Role.READ))).body();
    return Arrays.stream(metrics.split("\n"))
        .filter(line -> line.startsWith("ennead_tls_failed_handshakes_total "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .sum();
  }

  @Test
  void healthCheckOfAContainerUsesTheNodesOwnCertificate() throws Exception {
    Issued own = cluster.client();
    for (PortPlan.Ports node : nodes()) {
      Map<String, String> files =
          Map.of(
              "ENNEAD_TLS_CERT", own.certificate().toString(),
              "ENNEAD_TLS_KEY", own.key().toString(),
              "ENNEAD_TLS_CA", cluster.trusted().toString());
      assertThat(healthCheck(node, files)).isZero();
      assertThat(healthCheck(node, Map.of())).isOne();
    }
  }

  private static int healthCheck(PortPlan.Ports node, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            HealthCheck.class.getName(),
            Integer.toString(node.admin()));
    java.environment().putAll(environment);
    return java.redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void routesOfTheAdminPortAskForTheSameKeys() throws Exception {
    for (PortPlan.Ports node : nodes()) {
      assertThat(get(node, "/livez", Optional.empty()).statusCode()).isEqualTo(200);
      assertThat(get(node, "/readyz", Optional.empty()).statusCode()).isEqualTo(200);
      assertThat(get(node, "/metrics", Optional.empty()).statusCode()).isEqualTo(401);
      assertThat(get(node, "/metrics", Optional.of("ennead_x")).statusCode()).isEqualTo(401);
      for (Role role : Role.values()) {
        HttpResponse<String> answer = get(node, "/metrics", Optional.of(cluster.key(role)));
        assertThat(answer.statusCode())
            .as(role.label())
            .isEqualTo(READERS.contains(role) ? 200 : 403);
      }
    }
  }

  @Test
  void theConsoleIsForEverybodyAndItsFeedForReaders() throws Exception {
    PortPlan.Ports router = cluster.router();
    assertThat(get(router, "/console", Optional.empty()).statusCode()).isEqualTo(200);
    assertThat(get(router, "/console/console.js", Optional.empty()).statusCode()).isEqualTo(200);
    assertThat(get(router, "/console/feed", Optional.empty()).statusCode()).isEqualTo(401);
    for (Role role : Role.values()) {
      if (!READERS.contains(role)) {
        assertThat(get(router, "/console/feed", Optional.of(cluster.key(role))).statusCode())
            .as(role.label())
            .isEqualTo(403);
      }
    }
    assertThat(get(cluster.expert(), "/console", Optional.empty()).statusCode()).isEqualTo(404);
  }

  private static HttpResponse<String> get(PortPlan.Ports node, String path, Optional<String> key)
      throws Exception {
    return cluster.get(node.admin(), path, key);
  }

  @Test
  void routesOfTheHttpApiAskForTheRoleOfInference() throws Exception {
    Set<Role> callers = EnumSet.of(Role.INFER, Role.ADMIN);
    for (String path : List.of("/v1/models", "/v1/models/demo")) {
      assertThat(httpStatus(false, path, Optional.empty())).as(path).isEqualTo(401);
      assertThat(httpStatus(false, path, Optional.of("ennead_x"))).as(path).isEqualTo(401);
      for (Role role : Role.values()) {
        assertThat(httpStatus(false, path, Optional.of(cluster.key(role))))
            .as("%s as %s", path, role)
            .isEqualTo(callers.contains(role) ? 200 : 403);
      }
    }
    for (String path : List.of("/v1/completions", "/v1/chat/completions")) {
      assertThat(httpStatus(true, path, Optional.empty())).as(path).isEqualTo(401);
      for (Role role : Role.values()) {
        assertThat(httpStatus(true, path, Optional.of(cluster.key(role))))
            .as("%s as %s", path, role)
            .isEqualTo(callers.contains(role) ? 400 : 403); // 400: it asks for nothing
      }
    }
  }

  private static int httpStatus(boolean post, String path, Optional<String> key) throws Exception {
    HttpResponse<String> answer =
        post ? cluster.post(cluster.http(), path, key) : cluster.get(cluster.http(), path, key);
    return answer.statusCode();
  }

  @Test
  void adminRefusesBadCertificates() throws Exception {
    Issued expired =
        cluster.ca().issue("expired", List.of(), List.of(Role.ADMIN), Duration.ofHours(-1));
    var http = HttpClient.newBuilder().sslContext(cluster.context(expired)).build();
    var request =
        HttpRequest.newBuilder(
                URI.create("https://127.0.0.1:%d/livez".formatted(cluster.router().admin())))
            .build();
    assertThatThrownBy(() -> http.send(request, HttpResponse.BodyHandlers.discarding()))
        .isInstanceOf(IOException.class);
  }
}
