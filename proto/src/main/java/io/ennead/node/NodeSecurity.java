package io.ennead.node;

import io.ennead.access.ApiKeys;
import io.ennead.access.Gatekeeper;
import io.ennead.node.tls.FailedHandshakes;
import io.ennead.node.tls.TlsFiles;
import io.ennead.node.tls.TlsIdentity;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What protects the listeners of a node: its TLS identity and the gatekeeper that gRPC and admin
 * HTTP share. One thread looks at the files every second and takes over what changed; what cannot
 * be read is logged and counted, and what was read before stays in use. Thread-safe.
 */
public final class NodeSecurity implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(NodeSecurity.class);
  private static final long POLL_MILLIS = 1000;

  private final Optional<TlsIdentity> tls;
  private final Gatekeeper gatekeeper;
  private final SecurityMetrics metrics;
  private final Optional<ScheduledExecutorService> watcher;

  private NodeSecurity(
      Optional<TlsIdentity> tls,
      Gatekeeper gatekeeper,
      SecurityMetrics metrics,
      Optional<ScheduledExecutorService> watcher) {
    this.tls = tls;
    this.gatekeeper = gatekeeper;
    this.metrics = metrics;
    this.watcher = watcher;
  }

  /** Neither TLS nor keys. */
  public static NodeSecurity none() {
    return new NodeSecurity(
        Optional.empty(),
        Gatekeeper.OPEN,
        new SecurityMetrics(new PrometheusRegistry()),
        Optional.empty());
  }

  /**
   * Reads what the configuration names, and watches it.
   *
   * @throws ConfigException when a file cannot be used
   */
  public static NodeSecurity open(SecurityConfig config, PrometheusRegistry registry) {
    SecurityMetrics metrics = new SecurityMetrics(registry);
    List<WatchedFiles> watched = new ArrayList<>();
    Optional<TlsIdentity> tls = config.tls().map(files -> identity(files, metrics, watched));
    metrics.expiry(registry, tls);
    Gatekeeper gatekeeper = gatekeeper(config, tls, metrics, watched);
    if (watched.isEmpty()) {
      return new NodeSecurity(tls, gatekeeper, metrics, Optional.empty());
    }
    return new NodeSecurity(tls, gatekeeper, metrics, Optional.of(watch(watched)));
  }

  private static TlsIdentity identity(
      TlsFiles files, SecurityMetrics metrics, List<WatchedFiles> watched) {
    try {
      TlsIdentity identity = TlsIdentity.open(files);
      watched.add(
          new WatchedFiles(
              files.paths(), identity::reload, why -> report("certificates", why, metrics)));
      return identity;
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("tls: %s (expected: PEM files)".formatted(explain(e)), e);
    }
  }

  // With a CA every caller has a certificate to be known by, so roles are asked for without keys.
  private static Gatekeeper gatekeeper(
      SecurityConfig config,
      Optional<TlsIdentity> tls,
      SecurityMetrics metrics,
      List<WatchedFiles> watched) {
    if (config.keysFile().isPresent()) {
      KeysFile keys = KeysFile.open(config.keysFile().get());
      watched.add(
          new WatchedFiles(
              List.of(keys.path()), keys::reload, why -> report("api-keys", why, metrics)));
      return Gatekeeper.askingFor(keys::current);
    }
    boolean roles = tls.map(TlsIdentity::asksClients).orElse(false);
    return roles ? Gatekeeper.askingFor(() -> new ApiKeys(List.of())) : Gatekeeper.OPEN;
  }

  /** The keys as they were last read. */
  private static final class KeysFile {
    private final Path path;
    private volatile ApiKeys current;

    private KeysFile(Path path, ApiKeys current) {
      this.path = path;
      this.current = current;
    }

    static KeysFile open(Path path) {
      try {
        return new KeysFile(path, ApiKeys.read(path));
      } catch (IOException e) {
        throw new ConfigException(
            "api-keys: %s: %s (expected: a file that ennead keys wrote)"
                .formatted(path, explain(e)),
            e);
      }
    }

    Path path() {
      return path;
    }

    ApiKeys current() {
      return current;
    }

    void reload() throws IOException {
      current = ApiKeys.read(path);
    }
  }

  private static void report(String what, String why, SecurityMetrics metrics) {
    metrics.reload(what, why.isEmpty());
    if (why.isEmpty()) {
      logger.info("{} read again", what);
    } else {
      logger.error("{} cannot be read again, the ones before stay in use: {}", what, why);
    }
  }

  private static String explain(Exception failure) {
    return "%s: %s".formatted(failure.getClass().getSimpleName(), failure.getMessage());
  }

  private static ScheduledExecutorService watch(List<WatchedFiles> watched) {
    ScheduledExecutorService watcher =
        Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("security-files"));
    var unused =
        watcher.scheduleWithFixedDelay(
            () -> watched.forEach(WatchedFiles::poll),
            POLL_MILLIS,
            POLL_MILLIS,
            TimeUnit.MILLISECONDS);
    return watcher;
  }

  /** Who this node is; empty without TLS. */
  public Optional<TlsIdentity> tls() {
    return tls;
  }

  /** Who may call what. */
  public Gatekeeper gatekeeper() {
    return gatekeeper;
  }

  /** For the pipeline of a listening channel; empty without TLS. */
  public Optional<FailedHandshakes> failedHandshakes() {
    return tls.map(identity -> new FailedHandshakes(metrics::failedHandshake));
  }

  /**
   * How this node connects to its peers: with its own certificate, where it has one.
   *
   * @param key file of the API key that it sends; absent: none
   * @throws ConfigException when the file cannot be read
   */
  public Dialer dialer(Optional<Path> key) {
    Dialer dialer = tls.map(identity -> Dialer.with(identity.client())).orElse(Dialer.PLAINTEXT);
    return key.map(KeyFile::read).map(dialer::withKey).orElse(dialer);
  }

  /** Stops watching the files. */
  @Override
  public void close() {
    watcher.ifPresent(ScheduledExecutorService::shutdownNow);
  }
}
