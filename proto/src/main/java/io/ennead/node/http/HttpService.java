package io.ennead.node.http;

import io.ennead.access.Gatekeeper;
import io.ennead.node.GrpcErrors;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the connections of a server share: routes, rules, and what is left of its limits. */
final class HttpService {
  static final Refusal BUSY =
      new Refusal(503, "BUSY", "too many requests at a time", Map.of("Retry-After", "1"));

  private static final Logger logger = LoggerFactory.getLogger(HttpService.class);

  private final Routes routes;
  private final Gatekeeper gatekeeper;
  private final HttpServer.Options options;
  private final ExecutorService handlers;
  private final ChannelGroup connections;
  private final AtomicInteger answering = new AtomicInteger();
  private final AtomicLong bodyBytes = new AtomicLong();
  private volatile boolean draining;

  HttpService(
      Routes routes,
      Gatekeeper gatekeeper,
      HttpServer.Options options,
      ExecutorService handlers,
      ChannelGroup connections) {
    this.routes = routes;
    this.gatekeeper = gatekeeper;
    this.options = options;
    this.handlers = handlers;
    this.connections = connections;
  }

  Routes routes() {
    return routes;
  }

  Gatekeeper gatekeeper() {
    return gatekeeper;
  }

  HttpLimits limits() {
    return options.limits();
  }

  Guard guard() {
    return options.guard();
  }

  Refusal.Format format() {
    return options.format();
  }

  HttpObserver observer() {
    return options.observer();
  }

  /** Whether there is a place for a connection, which takes it then. */
  boolean admits(Channel connection) {
    return connections.size() < limits().connections() && connections.add(connection);
  }

  /** Whether so many more bytes of bodies may be held, which they are then. */
  boolean holds(int bytes) {
    if (bodyBytes.addAndGet(bytes) <= limits().bodyBytes()) {
      return true;
    }
    bodyBytes.addAndGet(-bytes);
    return false;
  }

  void giveBack(int bytes) {
    bodyBytes.addAndGet(-bytes);
  }

  /** Lets a route's handler answer on a thread where it may block; {@link #done} must follow. */
  void handle(HttpHandler handler, Exchange exchange) {
    if (answering.incrementAndGet() > limits().requests()) {
      refuse(exchange);
      return;
    }
    try {
      handlers.execute(() -> run(handler, exchange));
    } catch (RejectedExecutionException e) {
      refuse(exchange);
    }
  }

  private void refuse(Exchange exchange) {
    exchange.dropBody();
    exchange.answer(format().answer(BUSY));
  }

  void done() {
    answering.decrementAndGet();
  }

  private void run(HttpHandler handler, Exchange exchange) {
    try {
      handler.handle(exchange);
    } catch (Exception | Error e) { // unanswered, a client would wait until it gives up
      Answer failure = failed(e);
      if (!exchange.answered()) {
        exchange.answer(failure);
      }
    } finally {
      exchange.dropBody();
    }
  }

  private Answer failed(Throwable why) {
    logger.error("unexpected failure", why);
    return format().answer(new Refusal(500, "INTERNAL", GrpcErrors.INTERNAL));
  }

  /** Has an answer made on a thread where that may take its time. */
  void make(Supplier<Answer> answer, Consumer<Answer> made) {
    try {
      handlers.execute(() -> made.accept(made(answer)));
    } catch (RejectedExecutionException e) {
      made.accept(made(answer)); // here, for what it answers has been worked for
    }
  }

  private Answer made(Supplier<Answer> answer) {
    try {
      return answer.get();
    } catch (Exception | Error e) { // as above
      return failed(e);
    }
  }

  boolean draining() {
    return draining;
  }

  void drain() {
    draining = true;
  }
}
