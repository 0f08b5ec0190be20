package io.ennead.node.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A whole answer, or the head of a streamed one.
 *
 * @param headers beside those that the server writes: length, date, connection
 * @param body not to be modified; empty for the head of a streamed answer
 */
public record Answer(int status, Map<String, String> headers, byte[] body) {
  /** Copies the headers. */
  public Answer {
    headers = Map.copyOf(headers);
  }

  /** Lines for people. */
  public static Answer text(int status, String text) {
    return of(status, "text/plain; charset=utf-8", text.getBytes(UTF_8));
  }

  /** A body of some type. */
  public static Answer of(int status, String contentType, byte[] body) {
    return new Answer(status, Map.of("Content-Type", contentType), body);
  }

  /** The head of a stream of server-sent events, which no cache keeps and no proxy holds back. */
  public static Answer events() {
    return of(200, "text/event-stream; charset=utf-8", new byte[0])
        .with("Cache-Control", "no-cache")
        .with("X-Accel-Buffering", "no");
  }

  /** The same with a header. */
  public Answer with(String name, String value) {
    return with(Map.of(name, value));
  }

  /** The same with more headers. */
  public Answer with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.putAll(more);
    return new Answer(status, all, body);
  }
}
