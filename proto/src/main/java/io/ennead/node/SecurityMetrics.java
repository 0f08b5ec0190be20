package io.ennead.node;

import io.ennead.node.tls.TlsIdentity;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What a person who watches certificates and keys wants to know. */
final class SecurityMetrics {
  private final Counter failedHandshakes;
  private final Counter reloads;

  SecurityMetrics(PrometheusRegistry registry) {
    failedHandshakes =
        Counter.builder()
            .name("ennead_tls_failed_handshakes_total")
            .help("gRPC connections that ended before their TLS handshake did.")
            .register(registry);
    reloads =
        Counter.builder()
            .name("ennead_security_reloads_total")
            .help("Files of certificates or keys that changed and were read again, or were not.")
            .labelNames("files", "outcome")
            .register(registry);
  }

  void expiry(PrometheusRegistry registry, TlsIdentity identity) {
    GaugeWithCallback.builder()
        .name("ennead_tls_certificate_expiry_timestamp_seconds")
        .help("When the node's own certificate expires, in seconds since 1970.")
        .callback(callback -> callback.call((double) identity.validUntil().getEpochSecond()))
        .register(registry);
  }

  void failedHandshake() {
    failedHandshakes.inc();
  }

  void reload(String files, boolean done) {
    reloads.labelValues(files, done ? "done" : "failed").inc();
  }
}
