package io.ennead.cli.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.ennead.cli.attack.Attack.Victim;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/** Attacks on admin HTTP, which speaks HTTP/1.1. */
final class AdminAttacks {
  private static final String GET = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
  private static final String POST = "POST /readyz HTTP/1.1\r\nHost: localhost\r\n";

  private AdminAttacks() {}

  static Stream<Attack> all() {
    return Stream.of(
        attack("nothing sent", v -> ""),
        attack("slow request line", v -> "GE"),
        attack("slow headers", v -> GET + "X-Slow: 1\r\n"),
        attack("slow body", v -> POST + "Content-Length: 1000000\r\n\r\nx"),
        attack("slow chunk", v -> POST + "Transfer-Encoding: chunked\r\n\r\nffff\r\nx"),
        attack("huge body", v -> POST + "Content-Length: 8388608\r\n\r\n" + "x".repeat(8 << 20)),
        attack("8 EiB announced", v -> POST + "Content-Length: 9223372036854775807\r\n\r\nx"),
        attack("bodies of no length", v -> POST + "Content-Length: -1\r\n\r\nx"),
        attack("two lengths", v -> POST + "Content-Length: 1\r\nContent-Length: 9\r\n\r\nx"),
        attack("chunks of no length", v -> POST + "Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n"),
        attack("1000 headers", v -> GET + "X-Many: 1\r\n".repeat(1000) + "\r\n"),
        attack("endless headers", v -> GET + "X-Many: 1\r\n".repeat(100_000)),
        attack("header of 2 MiB", v -> GET + "X-Long: " + "x".repeat(2 << 20) + "\r\n\r\n"),
        attack("line of 2 MiB", v -> "GET /" + "x".repeat(2 << 20) + " HTTP/1.1\r\n\r\n"),
        attack("unknown verbs", v -> "SPY /metrics HTTP/1.1\r\n\r\n\u0000 / HTTP/9\r\n\r\n"),
        attack("paths outside", v -> "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
        attack("no path", v -> "GET http:// HTTP/1.1\r\n\r\nGET %zz HTTP/1.1\r\n\r\n"),
        attack("answers not read", v -> "GET /metrics HTTP/1.1\r\n\r\n".repeat(200)),
        attack("HTTP/2", v -> new String(RawHttp2.PREFACE, ISO_8859_1)),
        attack("garbage", AdminAttacks::garbage));
  }

  private static Attack attack(String name, Function<Victim, String> what) {
    return new Attack(
        name,
        victim -> {
          RawSocket socket = RawSocket.connect(victim.port(), bytes -> {});
          if (name.endsWith("not read")) {
            socket.stopReading();
          }
          socket.send(what.apply(victim).getBytes(ISO_8859_1));
          return socket;
        });
  }

  private static String garbage(Victim victim) {
    byte[] bytes = new byte[1 << 16];
    new Random(victim.seed()).nextBytes(bytes);
    return new String(bytes, ISO_8859_1);
  }
}
