package io.ennead.router.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BrowserGuardTest {
  private HttpFixture router;

  @BeforeEach
  void start() throws IOException {
    router = new HttpFixture(Optional.empty(), Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    router.close();
  }

  /** The HTTP client of Java sets neither header. */
  private String head(String method, String host, String origin, String... more)
      throws IOException {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), router.port())) {
      String request =
          method
              + " /v1/models HTTP/1.1\r\nConnection: close\r\n"
              + (host.isEmpty() ? "" : "Host: " + host + "\r\n")
              + (origin.isEmpty() ? "" : "Origin: " + origin + "\r\n")
              + String.join("", more)
              + "\r\n";
      client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer.substring(0, answer.indexOf("\r\n\r\n"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:8472, '', 200",
    "LOCALHOST, '', 200",
    "127.0.0.1:8472, '', 200",
    "127.1.2.3, '', 200",
    "[::1]:8472, '', 200",
    "'', '', 200",
    "evil.example:8472, '', 403",
    "localhost.evil.example, '', 403",
    "127.0.0.1.evil.example, '', 403",
    "a b, '', 403",
    "localhost:8472, http://localhost:4242, 200",
    "localhost:8472, https://localhost:4242, 200",
    "localhost:8472, http://localhost:8472, 403",
    "127.0.0.1:8472, http://127.0.0.1:4242, 200",
    "localhost:8472, https://chat.example.org, 200",
    "localhost:8472, http://chat.example.org, 403",
    "localhost:8472, http://localhost:9999, 403",
    "localhost:8472, http://localhost, 403",
    "localhost:8472, http://evil.example:4242, 403",
    "localhost:8472, null, 403",
    "evil.example:8472, http://evil.example:4242, 403"
  })
  void onlyPagesOfThisHostMayAsk(String host, String origin, int status) throws IOException {
    assertThat(head("GET", host, origin)).startsWith("HTTP/1.1 " + status);
  }

  @Test
  void allowedPagesMayReadTheAnswerAndAskWhetherTheyMay() throws IOException {
    String console = "http://localhost:4242";
    assertThat(head("GET", "localhost:8472", console))
        .contains("Access-Control-Allow-Origin: " + console)
        .contains("Vary: Origin");
    String preflight =
        head("OPTIONS", "localhost:8472", console, "Access-Control-Request-Method: POST\r\n");
    assertThat(preflight)
        .startsWith("HTTP/1.1 204")
        .contains("Access-Control-Allow-Origin: " + console)
        .contains("Access-Control-Allow-Headers: authorization, content-type");
    assertThat(
            head(
                "OPTIONS",
                "localhost:8472",
                "http://evil.example",
                "Access-Control-Request-Method: POST\r\n"))
        .startsWith("HTTP/1.1 403")
        .doesNotContain("Access-Control-Allow");
    assertThat(head("GET", "localhost:8472", "")).doesNotContain("Access-Control-Allow");
  }
}
