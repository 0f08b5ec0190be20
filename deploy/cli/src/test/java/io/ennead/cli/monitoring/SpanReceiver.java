package io.ennead.cli.monitoring;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The end of OTLP over HTTP: takes what nodes send and reads it by the field numbers of
 * opentelemetry/proto/trace/v1/trace.proto.
 */
final class SpanReceiver implements AutoCloseable {
  private final HttpServer server;
  private final Queue<ReceivedSpan> spans = new ConcurrentLinkedQueue<>();

  /**
   * A span.
   *
   * @param service of the process that made it
   * @param parent its span id; empty: none
   * @param attributes those that are strings or whole numbers
   */
  record ReceivedSpan(
      String service,
      String trace,
      String id,
      String parent,
      String name,
      Map<String, String> attributes) {}

  private SpanReceiver(HttpServer server) {
    this.server = server;
  }

  static SpanReceiver start() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    SpanReceiver receiver = new SpanReceiver(HttpServer.create(any, 16));
    receiver.server.createContext("/v1/traces", receiver::take);
    receiver.server.start();
    return receiver;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<ReceivedSpan> spans() {
    return List.copyOf(spans);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      InputStream body = exchange.getRequestBody();
      InputStream plain = zipped ? new GZIPInputStream(body) : body;
      messages(UnknownFieldSet.parseFrom(plain), 1).forEach(this::takeResource);
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private void takeResource(UnknownFieldSet resourceSpans) {
    String service =
        messages(resourceSpans, 1)
            .map(resource -> attributes(resource, 1).getOrDefault("service.name", ""))
            .findFirst()
            .orElse("");
    messages(resourceSpans, 2)
        .flatMap(scope -> messages(scope, 2))
        .map(span -> span(service, span))
        .forEach(spans::add);
  }

  private static ReceivedSpan span(String service, UnknownFieldSet span) {
    return new ReceivedSpan(
        service, hex(span, 1), hex(span, 2), hex(span, 4), text(span, 5), attributes(span, 9));
  }

  private static Map<String, String> attributes(UnknownFieldSet message, int field) {
    Map<String, String> attributes = new TreeMap<>();
    messages(message, field)
        .forEach(
            pair ->
                messages(pair, 2).forEach(value -> attributes.put(text(pair, 1), value(value))));
    return attributes;
  }

  private static String value(UnknownFieldSet any) {
    return any.getField(3).getVarintList().isEmpty()
        ? text(any, 1)
        : any.getField(3).getVarintList().get(0).toString();
  }

  private static Stream<UnknownFieldSet> messages(UnknownFieldSet message, int field) {
    return message.getField(field).getLengthDelimitedList().stream().map(SpanReceiver::read);
  }

  private static UnknownFieldSet read(ByteString bytes) {
    try {
      return UnknownFieldSet.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ByteString bytes(UnknownFieldSet message, int field) {
    List<ByteString> values = message.getField(field).getLengthDelimitedList();
    return values.isEmpty() ? ByteString.EMPTY : values.get(0);
  }

  private static String text(UnknownFieldSet message, int field) {
    return bytes(message, field).toStringUtf8();
  }

  private static String hex(UnknownFieldSet message, int field) {
    return HexFormat.of().formatHex(bytes(message, field).toByteArray());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
