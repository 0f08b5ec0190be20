package io.ennead.cli.cluster;

import io.ennead.access.ApiKey;
import io.ennead.access.ApiKeys;
import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import io.ennead.node.Dialer;
import io.ennead.node.tls.TlsFiles;
import io.ennead.node.tls.TlsIdentity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** Two nodes in this process with mutual TLS and one key of each role, in a directory. */
final class SecuredCluster implements AutoCloseable {
  static final Duration DAY = Duration.ofDays(1);

  private final Path directory;
  private final DevelopmentCa ca;
  private final Map<Role, String> keys = new EnumMap<>(Role.class);
  private final Issued client;
  private final ClusterPlan plan;
  private final LocalCluster cluster;

  SecuredCluster(Path directory, String... routerFlags) throws IOException, InterruptedException {
    this.directory = directory;
    this.ca = DevelopmentCa.open(directory.resolve("ca"));
    Files.copy(ca.caFile(), trusted());
    issueNode(ca);
    this.client = ca.issue("client", List.of(), List.of(), DAY);
    for (Role role : Role.values()) {
      keys.put(role, addKey(role.label(), role));
    }
    Issued node = nodeFiles();
    List<String> flags =
        List.of(
            "--tls-cert=" + node.certificate(),
            "--tls-key=" + node.key(),
            "--tls-ca=" + trusted(),
            "--api-keys=" + keysFile());
    this.plan = DemoPlan.of("f32", 1).withRouterFlags(routerFlags).withMoreFlags(flags);
    this.cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
  }

  DevelopmentCa ca() {
    return ca;
  }

  /** The file of CAs that the nodes trust. */
  Path trusted() {
    return directory.resolve("trusted.pem");
  }

  Path keysFile() {
    return directory.resolve("api-keys.yaml");
  }

  private Issued nodeFiles() {
    return new Issued(directory.resolve("node.pem"), directory.resolve("node-key.pem"));
  }

  /** Gives the nodes another certificate, key file first, as people would copy it. */
  void issueNode(DevelopmentCa issuer) throws IOException {
    Issued issued =
        issuer.issue("node", DevelopmentCa.andLoopback(List.of()), List.of(Role.NODE), DAY);
    replace(issued.key(), nodeFiles().key());
    replace(issued.certificate(), nodeFiles().certificate());
  }

  static void replace(Path from, Path to) throws IOException {
    Path next = to.resolveSibling(to.getFileName() + ".new");
    Files.deleteIfExists(next);
    Files.copy(from, next);
    Files.move(next, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  String addKey(String name, Role role) throws IOException {
    String key = ApiKey.random();
    ApiKeys.append(keysFile(), ApiKey.of(name, Set.of(role), key));
    return key;
  }

  String key(Role role) {
    return keys.get(role);
  }

  /** A client certificate of the cluster's CA that gives no role. */
  Issued client() {
    return client;
  }

  Dialer dialer(Issued certificate) {
    return Dialer.tls(
        Optional.of(trusted()),
        Optional.of(certificate.certificate()),
        Optional.of(certificate.key()));
  }

  SSLContext context(Issued certificate) throws IOException, GeneralSecurityException {
    TlsFiles files =
        new TlsFiles(certificate.certificate(), certificate.key(), Optional.of(trusted()), true);
    return TlsIdentity.open(files).context();
  }

  PortPlan.Ports router() {
    return plan.ports().router();
  }

  /** The port of the router's HTTP API. */
  int http() {
    return plan.ports().http();
  }

  /** The router's port for operators, and its admin port. */
  PortPlan.Ports operators() {
    return new PortPlan.Ports(plan.ports().cluster(), plan.ports().router().admin());
  }

  PortPlan.Ports expert() {
    return plan.ports().experts().get(0);
  }

  /** Sends an object that asks for nothing in particular. */
  HttpResponse<String> post(int port, String path, Optional<String> key)
      throws IOException, GeneralSecurityException, InterruptedException {
    HttpRequest.Builder request =
        request(port, path, key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{}"));
    HttpClient http = HttpClient.newBuilder().sslContext(context(client())).build();
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(int port, String path, Optional<String> key) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:%d%s".formatted(port, path)));
    key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
    return request;
  }

  HttpResponse<String> get(int adminPort, String path, Optional<String> key)
      throws IOException, GeneralSecurityException, InterruptedException {
    return get(client(), adminPort, path, key);
  }

  HttpResponse<String> get(Issued certificate, int adminPort, String path, Optional<String> key)
      throws IOException, GeneralSecurityException, InterruptedException {
    HttpClient http = HttpClient.newBuilder().sslContext(context(certificate)).build();
    return http.send(request(adminPort, path, key).build(), BodyHandlers.ofString());
  }

  @Override
  public void close() {
    cluster.close();
  }
}
