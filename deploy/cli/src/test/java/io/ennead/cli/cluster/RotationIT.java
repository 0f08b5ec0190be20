package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import io.ennead.node.Dialer;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates, authorities and keys are replaced while calls go on, and none of them fails. */
@Timeout(180)
class RotationIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path directory;
  @TempDir private Path next;
  private SecuredCluster cluster;

  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicInteger calls = new AtomicInteger();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> load = new ArrayList<>();
  private final AtomicReference<String> key = new AtomicReference<>("");
  private final AtomicReference<Issued> certificate = new AtomicReference<>();

  @BeforeEach
  void start() throws Exception {
    cluster = new SecuredCluster(directory);
    key.set(cluster.key(Role.INFER));
    certificate.set(cluster.client());
    run(this::longLived);
    run(this::connecting);
  }

  @AfterEach
  void stop() throws Exception {
    stopped.set(true);
    for (Thread thread : load) {
      thread.join();
    }
    cluster.close();
  }

  private void run(Runnable calls) {
    Thread thread = new Thread(calls, "load");
    thread.start();
    load.add(thread);
  }

  /** One connection, from before the first change till after the last. */
  private void longLived() {
    try (EnneadClient client = EnneadClient.connect(cluster.router().address(), dialer())) {
      while (!stopped.get()) {
        call(client);
      }
    }
  }

  /** A handshake for every call. */
  private void connecting() {
    while (!stopped.get()) {
      try (EnneadClient client = EnneadClient.connect(cluster.router().address(), dialer())) {
        call(client);
      }
    }
  }

  private Dialer dialer() {
    return cluster.dialer(certificate.get()).withKey(key.get());
  }

  private void call(EnneadClient client) {
    try {
      GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("Once");
      request.getStoppingBuilder().setMaxTokens(1);
      try (var generation = client.generate(request.build(), LIMIT)) {
        generation.forEachRemaining(piece -> {});
      }
      calls.incrementAndGet();
    } catch (ServingException e) {
      failures.add(e);
    }
  }

  @Test
  void noCallFailsWhileEverythingIsReplaced() throws Exception {
    awaitCalls();
    cluster.issueNode(cluster.ca());
    awaitServed();

    // Another authority: trusted beside the old one first, and alone once nobody needs the old.
    DevelopmentCa other = DevelopmentCa.open(next);
    Path both = next.resolve("both.pem");
    Files.copy(cluster.trusted(), both);
    Files.writeString(both, Files.readString(other.caFile()), StandardOpenOption.APPEND);
    SecuredCluster.replace(both, cluster.trusted());
    Issued stranger = other.issue("stranger", List.of(), List.of(), SecuredCluster.DAY);
    awaitAtEach(node -> accepts(node, stranger));
    cluster.issueNode(other);
    awaitServed();

    // Another key: added first, the old one revoked once nobody uses it but who is to be refused.
    String fresh = cluster.addKey("fresh", Role.INFER);
    awaitMetric("ennead_security_reloads_total{files=\"api-keys\",outcome=\"done\"}", 1);
    key.set(fresh);
    awaitCalls();

    // And nobody needs the old authority any more.
    Issued old =
        certificate.getAndSet(other.issue("client", List.of(), List.of(), SecuredCluster.DAY));
    awaitCalls();
    SecuredCluster.replace(other.caFile(), cluster.trusted());
    awaitAtEach(node -> !accepts(node, old));
    awaitCalls();
    assertThat(failures).isEmpty();
    stopped.set(true);
  }

  @Test
  void aRevokedKeyIsRefusedAndABrokenFileChangesNothing() throws Exception {
    awaitCalls();
    Files.writeString(cluster.keysFile(), "- {name: half", StandardOpenOption.APPEND);
    awaitMetric("ennead_security_reloads_total{files=\"api-keys\",outcome=\"failed\"}", 1);
    awaitCalls();
    assertThat(failures).isEmpty();

    List<String> kept =
        Files.readAllLines(cluster.keysFile()).stream()
            .filter(line -> !line.contains("infer") && !line.contains("half"))
            .toList();
    Files.write(cluster.keysFile(), kept);
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(failures)
                    .isNotEmpty()
                    .allSatisfy(
                        failure -> assertThat(failure).hasMessageContaining("unknown key")));
  }

  private void awaitCalls() {
    int before = calls.get();
    await().atMost(LIMIT).until(() -> calls.get() >= before + 20 || !failures.isEmpty());
  }

  /** Until a new connection to either node is given the certificate that is in the file now. */
  private void awaitServed() {
    awaitAtEach(node -> served(node).equals(inFile()));
    awaitCalls();
    assertThat(failures).isEmpty();
  }

  private BigInteger served(PortPlan.Ports node) throws Exception {
    var factory = cluster.context(certificate.get()).getSocketFactory();
    try (SSLSocket socket = (SSLSocket) factory.createSocket("127.0.0.1", node.admin())) {
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
  }

  private BigInteger inFile() throws Exception {
    try (var in = Files.newInputStream(directory.resolve("node.pem"))) {
      var certificates = CertificateFactory.getInstance("X.509");
      return ((X509Certificate) certificates.generateCertificate(in)).getSerialNumber();
    }
  }

  /** Whether a node lets in whoever has this certificate. */
  private boolean accepts(PortPlan.Ports node, Issued stranger) throws Exception {
    try {
      return cluster.get(stranger, node.admin(), "/livez", Optional.empty()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private void awaitMetric(String name, int atLeast) {
    awaitAtEach(node -> metric(node, name) >= atLeast);
  }

  /** What a reload changes shows at one node before it does at the other. */
  private void awaitAtEach(ThrowingPredicate<PortPlan.Ports> condition) {
    for (PortPlan.Ports node : List.of(cluster.router(), cluster.expert())) {
      await().atMost(LIMIT).until(() -> condition.test(node));
    }
  }

  private interface ThrowingPredicate<T> {
    boolean test(T value) throws Exception;
  }

  private double metric(PortPlan.Ports node, String name) throws Exception {
    Optional<String> reader = Optional.of(cluster.key(Role.READ));
    return cluster
        .get(node.admin(), "/metrics", reader)
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }
}
