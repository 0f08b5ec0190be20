package io.ennead.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.access.ApiKey;
import io.ennead.access.ApiKeys;
import io.ennead.access.Role;
import io.ennead.node.ConfigException;
import io.ennead.node.NodeSecurity;
import io.ennead.node.Readiness;
import io.ennead.node.SecurityConfig;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AdminServerTest {
  private final Readiness readiness = new Readiness();
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final AdminServer server = AdminServer.start("127.0.0.1", 0, false, readiness, registry);
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(server.port(), path));
    HttpRequest request =
        HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build();
    return client.send(request, BodyHandlers.ofString());
  }

  @Test
  void otherAddressesThanLoopbackNeedTheFlag() {
    assertThatThrownBy(
            () -> AdminServer.start("0.0.0.0", 0, false, readiness, new PrometheusRegistry()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("admin-host: 0.0.0.0")
        .hasMessageContaining("--allow-insecure");
    AdminServer open = AdminServer.start("0.0.0.0", 0, true, readiness, new PrometheusRegistry());
    assertThat(open.port()).isPositive();
    open.close();
  }

  @Test
  void withoutKeysOnLoopbackTheHostIsThisMachine() throws IOException {
    assertThat(statusFor("rebound.example")).contains(" 403 ");
    assertThat(statusFor("127.0.0.1.rebound.example:80")).contains(" 403 ");
    assertThat(statusFor("localhost:8471")).contains(" 200 ");
    assertThat(statusFor("127.0.0.1")).contains(" 200 ");
    assertThat(statusFor("[::1]:8471")).contains(" 200 ");
  }

  private String statusFor(String host) throws IOException {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.send("GET /livez HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(host)).head();
    }
  }

  @Test
  void livezAnswersWhateverIsMissing() throws IOException, InterruptedException {
    readiness.waitFor("weights", "0 %");
    assertThat(send("GET", "/livez").statusCode()).isEqualTo(200);
    assertThat(send("GET", "/livez").body()).isEqualTo("ok\n");
  }

  @Test
  void readyzSaysWhatIsMissing() throws IOException, InterruptedException {
    readiness.waitFor("weights", "10 %");
    readiness.waitFor("warm-up", "not started");
    HttpResponse<String> missing = send("GET", "/readyz");
    assertThat(missing.statusCode()).isEqualTo(503);
    assertThat(missing.body()).isEqualTo("weights: 10 %\nwarm-up: not started\n");
    readiness.done("weights");
    readiness.done("warm-up");
    assertThat(send("GET", "/readyz").statusCode()).isEqualTo(200);
    assertThat(send("GET", "/readyz").body()).isEqualTo("ready\n");
  }

  @Test
  void metricsHoldOursAndTheJvms() throws IOException, InterruptedException {
    Counter.builder().name("ennead_test_total").register(registry).inc();
    assertThat(send("GET", "/metrics").body())
        .contains("ennead_test_total 1.0")
        .contains("jvm_memory_used_bytes");
  }

  @Test
  void otherPathsAreNotFound() throws IOException, InterruptedException {
    for (String path : new String[] {"/", "/readyzz", "/readyz/x", "/metrics/x", "/nothing"}) {
      assertThat(send("GET", path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void everyRouteButThoseOfProbesAsksForAKey(@TempDir Path directory) throws Exception {
    Path keys = directory.resolve("keys.yaml");
    String infer = ApiKey.random();
    String read = ApiKey.random();
    ApiKeys.append(keys, ApiKey.of("infer", Set.of(Role.INFER), infer));
    ApiKeys.append(keys, ApiKey.of("read", Set.of(Role.READ), read));
    PrometheusRegistry own = new PrometheusRegistry();
    Path none = Path.of("");
    SecurityConfig config =
        new SecurityConfig(
            none, none, none, SecurityConfig.ClientCertificates.REQUIRE, keys, "127.0.0.1");
    try (NodeSecurity security = NodeSecurity.open(config, own);
        AdminServer guarded =
            AdminServer.start("127.0.0.1", 0, false, security, readiness, own, List.of())) {
      assertThat(guarded.routes()).isNotEmpty();
      for (String route : guarded.routes()) {
        boolean probe = route.equals("/livez") || route.equals("/readyz");
        assertThat(status(guarded, route, "")).as(route).isEqualTo(probe ? 200 : 401);
        assertThat(status(guarded, route, "Bearer x")).as(route).isEqualTo(probe ? 200 : 401);
        assertThat(status(guarded, route, "Bearer " + infer))
            .as(route)
            .isEqualTo(probe ? 200 : 403);
        assertThat(status(guarded, route, "Bearer " + read)).as(route).isEqualTo(200);
      }
    }
  }

  private int status(AdminServer guarded, String path, String authorization) throws Exception {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(guarded.port(), path));
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return client.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  @Test
  void onlyReadingIsAllowed() throws IOException, InterruptedException {
    assertThat(send("POST", "/readyz").statusCode()).isEqualTo(405);
    assertThat(send("HEAD", "/readyz").statusCode()).isEqualTo(200);
    assertThat(send("HEAD", "/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void aTakenPortIsNamed() {
    assertThatThrownBy(
            () ->
                AdminServer.start(
                    "127.0.0.1", server.port(), false, readiness, new PrometheusRegistry()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("127.0.0.1:" + server.port());
  }

  @Test
  void slowRequestsHoldNobodyUpAndAreCutOff() throws IOException, InterruptedException {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        slow.add(socket);
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write("GET /livez HTT".getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(send("GET", "/livez").body()).isEqualTo("ok\n");
      for (Socket socket : slow) {
        assertThat(socket.getInputStream().read()).as("end of the connection").isEqualTo(-1);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }
}
