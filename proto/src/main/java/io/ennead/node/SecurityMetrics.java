package io.ennead.node;

import io.ennead.node.tls.TlsIdentity;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Optional;

/** What a person who watches certificates and keys wants to know. */
final class SecurityMetrics {
  private final Counter failedHandshakes;
  private final Counter reloads;

  SecurityMetrics(PrometheusRegistry registry) {
    failedHandshakes =
        Counter.builder()
            .name("ennead_tls_failed_handshakes_total")
            .help("Connections that ended before their TLS handshake did.")
            .register(registry);
    reloads =
        Counter.builder()
            .name("ennead_security_reloads_total")
            .help("Files of certificates or keys that changed and were read again, or were not.")
            .labelNames("files", "outcome")
            .register(registry);
    for (String outcome : List.of("done", "failed")) {
      reloads.initLabelValues("certificates", outcome);
      reloads.initLabelValues("api-keys", outcome);
    }
  }

  /** Nothing is told without TLS. */
  void expiry(PrometheusRegistry registry, Optional<TlsIdentity> tls) {
    GaugeWithCallback.builder()
        .name("ennead_tls_certificate_expiry_timestamp_seconds")
        .help("When the node's own certificate expires, in seconds since 1970; with TLS only.")
        .callback(gauge -> tls.ifPresent(own -> gauge.call(own.validUntil().getEpochSecond())))
        .register(registry);
  }

  void failedHandshake() {
    failedHandshakes.inc();
  }

  void reload(String files, boolean done) {
    reloads.labelValues(files, done ? "done" : "failed").inc();
  }
}
