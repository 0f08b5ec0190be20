package io.ennead.cli.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The DevTools protocol with one page of a browser. Commands come from one thread. */
final class DevTools implements AutoCloseable {
  private static final int SECONDS = 30;

  private final ObjectMapper json = new ObjectMapper();
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
  private final WebSocket socket;

  /**
   * Connects.
   *
   * @param onEvent told of every event, on a thread of the connection
   */
  DevTools(URI page, Consumer<JsonNode> onEvent) {
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(page, new Listener(onEvent))
            .join();
  }

  /** Puts messages together from their parts. */
  private final class Listener implements WebSocket.Listener {
    private final Consumer<JsonNode> onEvent;
    private final StringBuilder message = new StringBuilder();

    Listener(Consumer<JsonNode> onEvent) {
      this.onEvent = onEvent;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        received(message.toString());
        message.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void received(String text) {
      try {
        JsonNode node = json.readTree(text);
        CompletableFuture<JsonNode> waiting = awaited.remove(node.path("id").asInt(-1));
        if (waiting != null) {
          waiting.complete(node);
        } else {
          onEvent.accept(node);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  ObjectNode object() {
    return json.createObjectNode();
  }

  JsonNode send(String method) {
    return send(method, object());
  }

  /** Sends a command and waits for its result. */
  JsonNode send(String method, ObjectNode parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    awaited.put(id, answer);
    ObjectNode message = object().put("id", id).put("method", method).set("params", parameters);
    socket.sendText(message.toString(), true).join();
    try {
      JsonNode result = answer.get(SECONDS, TimeUnit.SECONDS);
      if (result.has("error")) {
        throw new IllegalStateException(method + ": " + result.get("error"));
      }
      return result.get("result");
    } catch (TimeoutException | ExecutionException e) {
      throw new IllegalStateException(method + ": no answer within %d s".formatted(SECONDS), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(method, e);
    }
  }

  @Override
  public void close() {
    socket.abort();
  }
}
