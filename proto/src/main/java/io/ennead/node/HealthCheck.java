package io.ennead.node;

import io.ennead.node.tls.TlsFiles;
import io.ennead.node.tls.TlsIdentity;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * A container's health check: asks the admin port of the node in it whether that is ready, and
 * exits with 0 or 1, or 2 when it cannot tell what to ask. A process of its own every few seconds,
 * so it loads as few classes as it can: a socket, and TLS only where the node has it.
 *
 * <p>Usage: {@code HealthCheck [PORT [PATH]]}. The port is otherwise the node's own {@code
 * ENNEAD_ADMIN_PORT}, the path {@code /readyz}. {@code ENNEAD_TLS_CERT}, {@code ENNEAD_TLS_KEY} and
 * {@code ENNEAD_TLS_CA} are the node's as well.
 */
public final class HealthCheck {
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int LONGEST_ANSWER = 4_096;
  private static final String READY = "200";

  private HealthCheck() {}

  /** Exits with the status. */
  public static void main(String[] args) {
    System.exit(run(List.of(args), System.getenv(), System.out));
  }

  static int run(List<String> args, Map<String, String> env, PrintStream out) {
    String port = args.isEmpty() ? env.getOrDefault("ENNEAD_ADMIN_PORT", "") : args.get(0);
    String path = args.size() < 2 ? "/readyz" : args.get(1);
    if (!port.matches("[1-9]\\d{0,4}") || args.size() > 2) {
      out.println("usage: HealthCheck [PORT [PATH]], or ENNEAD_ADMIN_PORT");
      return 2;
    }
    try (Socket socket = connect(Integer.parseInt(port), env)) {
      String answer = ask(socket, path);
      out.println(answer);
      return answer.startsWith(READY) ? 0 : 1;
    } catch (IOException | GeneralSecurityException e) {
      out.println("no answer on port " + port + ": " + e.getMessage());
      return 1;
    }
  }

  private static Socket connect(int port, Map<String, String> env)
      throws IOException, GeneralSecurityException {
    Socket socket = new Socket();
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    return env.getOrDefault("ENNEAD_TLS_CERT", "").isEmpty() ? socket : secured(socket, port, env);
  }

  // The name in the certificate does not matter: the other end is on this machine, behind loopback.
  private static SSLSocket secured(Socket socket, int port, Map<String, String> env)
      throws IOException, GeneralSecurityException {
    TlsFiles files =
        new TlsFiles(
            Path.of(env.get("ENNEAD_TLS_CERT")),
            Path.of(env.getOrDefault("ENNEAD_TLS_KEY", "")),
            Optional.ofNullable(env.get("ENNEAD_TLS_CA")).map(Path::of),
            false);
    SSLSocketFactory factory = TlsIdentity.open(files).context().getSocketFactory();
    SSLSocket secured = (SSLSocket) factory.createSocket(socket, "localhost", port, true);
    secured.startHandshake();
    return secured;
  }

  /** Status code and body. */
  private static String ask(Socket socket, String path) throws IOException {
    String request = "GET " + path + " HTTP/1.0\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    byte[] bytes = socket.getInputStream().readNBytes(LONGEST_ANSWER);
    String text = new String(bytes, StandardCharsets.UTF_8);
    int code = text.indexOf(' ') + 1; // after HTTP/1.1
    int body = text.indexOf("\r\n\r\n");
    if (code == 0 || body < code + READY.length()) {
      throw new IOException("no HTTP");
    }
    return text.substring(code, code + READY.length()) + " " + text.substring(body).strip();
  }
}
