package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import io.ennead.client.load.Arrivals;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadPlan.Objective;
import io.ennead.client.load.LoadRun.Progress;
import io.ennead.v1.GenerateRequest;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class TrafficCommandTest {
  @TempDir private Path directory;
  private FakeRouter router;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    router.close();
  }

  private CliRun traffic(String flags) {
    return CliRun.of(("bench traffic --addr " + router.address() + " " + flags).split(" "));
  }

  @Test
  void sendsWhatTheFlagsSayAndPrintsASummary() {
    CliRun run = traffic("--total 12 --concurrency 3 --prompt-tokens 2-5 --tokens 4");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("12");
    assertThat(router.requests).hasSize(12);
    for (GenerateRequest request : router.requests) {
      assertThat(request.getTokenIds().getIdsCount()).isBetween(2, 5);
      assertThat(request.getStopping().getMaxTokens()).isEqualTo(4);
      assertThat(request.getStopping().getIgnoreEos()).isTrue();
    }
  }

  @Test
  void writesTheReportThatAFilesNameAsksForAndThePageBesideIt() throws IOException {
    Path json = directory.resolve("run.json");
    Path page = directory.resolve("run.html");
    CliRun run = traffic("--total 5 --rps 500 --name mine --output " + json + " --html " + page);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("Written to " + json, "Written to " + page);
    JsonNode report = new ObjectMapper().readTree(json.toFile());
    assertThat(report.path("name").asText()).isEqualTo("mine");
    assertThat(report.path("count").asInt()).isEqualTo(5);
    assertThat(Files.readString(page)).startsWith("<!DOCTYPE html>");
  }

  @Test
  void aGhzFileSaysWhatFlagsDoNot() throws IOException {
    Path config = directory.resolve("config.json");
    Path csv = directory.resolve("run.csv");
    Files.writeString(
        config,
        """
        {"call": "ennead.v1.InferenceService.Generate", "insecure": true, "total": 7,
         "concurrency": 2, "connections": 2, "host": "%s", "output": "%s", "format": "csv",
         "data": {"text": "request {{.RequestNumber}}", "stopping": {"max_tokens": 3}}}
        """
            .formatted(router.address(), csv));
    CliRun run = CliRun.of("bench", "traffic", "--config", config.toString(), "--total", "4");
    assertThat(run.code()).isZero();
    assertThat(router.requests)
        .extracting(GenerateRequest::getText)
        .containsExactlyInAnyOrder("request 0", "request 1", "request 2", "request 3");
    assertThat(Files.readAllLines(csv)).hasSize(5).first().isEqualTo("duration (ms),status,error");
  }

  /** The router wants a certificate: what reaches it did so with that of the file or the flags. */
  @Test
  void aGhzFilesCertificatesAreUsedAndFlagsWinOverThem() throws IOException {
    DevelopmentCa ca = DevelopmentCa.open(directory);
    Duration day = Duration.ofDays(1);
    Issued node = ca.issue("router", List.of("127.0.0.1"), List.of(Role.NODE), day);
    Issued client = ca.issue("client", List.of(), List.of(Role.INFER), day);
    Path config = directory.resolve("config.yaml");
    Path json = directory.resolve("run.json");
    try (FakeRouter secured = new FakeRouter(mutual(node))) {
      String text = "{host: '%s', total: 2, output: '%s', cacert: '%s', cert: '%s', key: '%s'}";
      Files.writeString(
          config,
          text.formatted(secured.address(), json, caFile(), client.certificate(), client.key()));
      assertThat(CliRun.of("bench", "traffic", "--config", config.toString()).code()).isZero();
      assertThat(secured.requests).hasSize(2);
      assertThat(new ObjectMapper().readTree(json.toFile()).at("/options/insecure"))
          .isEqualTo(BooleanNode.FALSE);

      Files.writeString(
          config, text.formatted(secured.address(), json, "no-ca", "no-certificate", client.key()));
      CliRun flags =
          CliRun.of(
              "bench",
              "traffic",
              "--config=" + config,
              "--tls-ca=" + caFile(),
              "--tls-cert=" + client.certificate());
      assertThat(flags.code()).as(flags.err()).isZero();
      assertThat(secured.requests).hasSize(4);
    }
  }

  private Path caFile() {
    return directory.resolve("ca.pem");
  }

  private ServerCredentials mutual(Issued node) throws IOException {
    return TlsServerCredentials.newBuilder()
        .keyManager(node.certificate().toFile(), node.key().toFile())
        .trustManager(caFile().toFile())
        .clientAuth(ClientAuth.REQUIRE)
        .build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rps 1 --concurrency 1|--rps and --concurrency: one or the other|1",
        "--rps 0|0.0 requests per second (expected: more than 0)|1",
        "--tokens 4-2|4-2:1.0 (expected: lengths of at least 1|2",
        "--total 0|0|2",
        "--duration 3|3 (expected: a duration|2",
        "--format pdf|pdf|2",
        "--config no-such-file|no-such-file|1"
      })
  void whatIsNoTrafficIsRefused(String flags, String message, int code) {
    CliRun run = traffic(flags);
    assertThat(run.code()).isEqualTo(code);
    assertThat(run.err()).contains(message);
    assertThat(router.requests).isEmpty();
  }

  @Test
  void theBarFollowsRequestsOrTime() {
    LoadPlan plan =
        new LoadPlan(
            new Arrivals.Closed(1),
            100,
            Optional.of(Duration.ofSeconds(10)),
            Duration.ofSeconds(1),
            Optional.empty(),
            Optional.empty(),
            Objective.NONE,
            1);
    assertThat(TrafficProgress.line(new Progress(60, 50), plan, 1))
        .isEqualTo("[###############---------------] 60 sent, 50 answered, 1 s");
    assertThat(TrafficProgress.line(new Progress(3, 1), plan, 5))
        .startsWith("[###############---------------]");
    assertThat(TrafficProgress.line(new Progress(100, 100), plan, 11)).doesNotContain("-");
  }
}
