package io.ennead.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The contract of {@code POST /v1/completions} that the playground relies on, before a router's
 * gRPC: what it asks for is really generated, and the traces are real.
 */
final class CompletionsBridge implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ObjectMapper json = new ObjectMapper();
  private final JsonFormat.Printer printer =
      JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final EnneadClient client;
  private final HttpServer server;

  CompletionsBridge(String grpc) throws IOException {
    client = EnneadClient.connect(grpc);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/v1/completions", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String origin = exchange.getRequestHeaders().getFirst("Origin");
      exchange.getResponseHeaders().set("Access-Control-Allow-Origin", origin);
      exchange
          .getResponseHeaders()
          .set("Access-Control-Allow-Headers", "authorization, content-type");
      if (exchange.getRequestMethod().equals("OPTIONS")) {
        exchange.sendResponseHeaders(204, -1);
        return;
      }
      GenerateRequest request = request(json.readTree(exchange.getRequestBody()));
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      stream(request, exchange.getResponseBody());
    }
  }

  private static GenerateRequest request(JsonNode body) throws IOException {
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder().setText(body.get("prompt").asText());
    request.getSamplingBuilder().setTemperature(body.get("temperature").asDouble());
    request.getStoppingBuilder().setMaxTokens(body.get("max_tokens").asInt()).setIgnoreEos(true);
    if (body.has("seed")) {
      request.getSamplingBuilder().setSeed(body.get("seed").asLong());
    }
    merge(body.get("routing"), request.getRoutingBuilder());
    merge(body.get("trace"), request.getTraceBuilder());
    return request.build();
  }

  private static void merge(JsonNode options, Message.Builder into) throws IOException {
    JsonFormat.parser().merge(options.toString(), into);
  }

  private void stream(GenerateRequest request, OutputStream out) throws IOException {
    try (Generation pieces = client.generate(request, LIMIT)) {
      while (pieces.hasNext()) {
        write(out, chunk(pieces.next()).toString());
      }
    }
    write(out, "[DONE]");
  }

  private ObjectNode chunk(GenerateResponse piece) throws IOException {
    ObjectNode chunk = json.createObjectNode();
    ObjectNode choice = chunk.putArray("choices").addObject();
    choice.put("index", piece.getIndex()).put("text", piece.getText());
    ObjectNode own = choice.putObject("ennead");
    piece.getTokenIdsList().forEach(own.putArray("token_ids")::add);
    if (piece.hasTrace()) {
      own.set("trace", json.readTree(printer.print(piece.getTrace())));
    }
    choice.put("finish_reason", piece.hasFinish() ? "length" : null);
    return chunk;
  }

  private static void write(OutputStream out, String data) throws IOException {
    out.write("data: %s\n\n".formatted(data).getBytes(UTF_8));
    out.flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    client.close();
  }
}
