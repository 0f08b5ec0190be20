package io.ennead.node.tls;

import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * Who this node is, and whom it trusts: towards its clients and, as a client itself, its peers.
 * Handshakes after a {@link #reload} use what was read then; connections that exist go on.
 * Thread-safe.
 */
public final class TlsIdentity {
  private final TlsFiles files;
  private final AdvancedTlsX509KeyManager keys;
  private final AdvancedTlsX509TrustManager trust;
  private volatile Instant validUntil = Instant.EPOCH;

  private TlsIdentity(
      TlsFiles files, AdvancedTlsX509KeyManager keys, AdvancedTlsX509TrustManager trust) {
    this.files = files;
    this.keys = keys;
    this.trust = trust;
  }

  /**
   * Reads the files.
   *
   * @throws IOException when one cannot be read, or key and certificate do not belong together
   * @throws GeneralSecurityException when one holds something else
   */
  public static TlsIdentity open(TlsFiles files) throws IOException, GeneralSecurityException {
    AdvancedTlsX509TrustManager trust = AdvancedTlsX509TrustManager.newBuilder().build();
    TlsIdentity identity = new TlsIdentity(files, new AdvancedTlsX509KeyManager(), trust);
    if (files.ca().isEmpty()) {
      trust.useSystemDefaultTrustCerts();
    }
    identity.reload();
    return identity;
  }

  /**
   * A client's own chain and key, read once.
   *
   * @throws IOException when one cannot be read, or they do not belong together: a server would
   *     only say that the handshake failed
   * @throws GeneralSecurityException when one holds something else
   */
  public static KeyManager keys(Path certificate, Path key)
      throws IOException, GeneralSecurityException {
    X509Certificate[] chain = Pem.certificates(certificate);
    AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    keys.updateIdentityCredentials(chain, Pem.key(key, chain[0]));
    return keys;
  }

  /** Reads the files again; when that fails, what was read before stays in use. */
  public void reload() throws IOException, GeneralSecurityException {
    X509Certificate[] chain = Pem.certificates(files.certificate());
    PrivateKey key = Pem.key(files.key(), chain[0]);
    if (files.ca().isPresent()) {
      trust.updateTrustCredentials(Pem.certificates(files.ca().get()));
    }
    keys.updateIdentityCredentials(chain, key);
    validUntil = chain[0].getNotAfter().toInstant();
  }

  /** When this node's own certificate expires. */
  public Instant validUntil() {
    return validUntil;
  }

  /** Whether clients are asked for a certificate. */
  public boolean asksClients() {
    return files.ca().isPresent();
  }

  /** Whether clients must have one. */
  public boolean needsClients() {
    return asksClients() && files.clientsNeedOne();
  }

  /** For a gRPC server. */
  public ServerCredentials server() {
    TlsServerCredentials.Builder builder =
        TlsServerCredentials.newBuilder().keyManager(keys).trustManager(trust);
    return builder.clientAuth(clientAuth()).build();
  }

  private ClientAuth clientAuth() {
    if (!asksClients()) {
      return ClientAuth.NONE;
    }
    return files.clientsNeedOne() ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL;
  }

  /** For a gRPC client. */
  public ChannelCredentials client() {
    return TlsChannelCredentials.newBuilder().keyManager(keys).trustManager(trust).build();
  }

  /** For HTTPS. */
  public SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no TLS", e); // every Java has it
    }
  }
}
