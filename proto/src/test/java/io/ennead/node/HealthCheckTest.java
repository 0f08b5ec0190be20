package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.node.http.AdminServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class HealthCheckTest {
  private final Readiness readiness = new Readiness();
  private final AdminServer server =
      AdminServer.start("127.0.0.1", 0, false, readiness, new PrometheusRegistry());
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @AfterEach
  void stop() {
    server.close();
  }

  private int check(List<String> args, Map<String, String> env) {
    return HealthCheck.run(args, env, new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  private String port() {
    return Integer.toString(server.port());
  }

  private String said() {
    return said.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void readyNodeIsHealthy() {
    assertThat(check(List.of(), Map.of("ENNEAD_ADMIN_PORT", port()))).isZero();
    assertThat(said()).isEqualTo("200 ready");
  }

  @Test
  void loadingNodeIsNotAndSaysWhy() {
    readiness.waitFor("experts", "loading weights 40 %");
    assertThat(check(List.of(port()), Map.of())).isOne();
    assertThat(said()).isEqualTo("503 experts: loading weights 40 %");
    assertThat(check(List.of(port(), "/livez"), Map.of())).isZero();
  }

  @Test
  void silenceIsUnhealthy() {
    server.close();
    assertThat(check(List.of(port()), Map.of())).isOne();
    assertThat(said()).startsWith("no answer on port " + port() + ": ");
  }

  @Test
  void unusableCertificateIsUnhealthy(@TempDir Path directory) {
    String file = directory.resolve("none.pem").toString();
    Map<String, String> env = Map.of("ENNEAD_TLS_CERT", file, "ENNEAD_TLS_KEY", file);
    assertThat(check(List.of(port()), env)).isOne();
    assertThat(said()).contains(file);
  }

  @Test
  void withoutAPortThereIsNothingToAsk() {
    assertThat(check(List.of(), Map.of())).isEqualTo(2);
    assertThat(check(List.of("http://x"), Map.of())).isEqualTo(2);
    assertThat(said()).contains("usage: HealthCheck [PORT [PATH]], or ENNEAD_ADMIN_PORT");
  }
}
