package io.ennead.router.console;

import io.ennead.errors.ServingException;
import io.ennead.node.http.Answer;
import io.ennead.node.http.Exchange;
import io.ennead.node.http.Route;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The web console of a router: its page, which is for everybody since it holds nothing, and its
 * feed. Serves the page from the beginning and the feed once {@link #open} has said where to look.
 * Thread-safe.
 */
public final class Console implements AutoCloseable {
  private static final String FILES = "/console/";

  private final ConsoleFiles files;
  private final boolean tls;
  private final Timeline timeline = new Timeline();
  private volatile OptionalInt httpPort = OptionalInt.empty();
  private volatile @Nullable Feed feed;

  private Console(ConsoleFiles files, boolean tls) {
    this.files = files;
    this.tls = tls;
  }

  /**
   * Reads the page's files.
   *
   * @param tls whether the router's ports for HTTP speak TLS
   */
  public static Console read(boolean tls) {
    return new Console(ConsoleFiles.read(), tls);
  }

  /** What the admin server serves. */
  public List<Route> routes() {
    return List.of(
        Route.get(
            "/", exchange -> exchange.answer(Answer.text(302, "").with("Location", "console"))),
        Route.get("/console", this::page),
        Route.get("/console/feed", this::watch),
        Route.get(FILES + "*", this::file));
  }

  /** To be told of what happens to expert nodes. */
  public Timeline timeline() {
    return timeline;
  }

  /** Begins to serve the feed. */
  public void open(Sources sources) {
    httpPort = OptionalInt.of(sources.httpPort());
    feed = new Feed(sources, timeline);
  }

  private void page(Exchange exchange) {
    String policy = ContentPolicy.of(tls, exchange.request().header("Host"), httpPort);
    exchange.answer(
        files
            .page()
            .with("Content-Security-Policy", policy)
            .with("Referrer-Policy", "no-referrer")
            .with("Cross-Origin-Opener-Policy", "same-origin"));
  }

  private void file(Exchange exchange) {
    String name = exchange.request().rawPath().substring(FILES.length());
    exchange.answer(files.find(name).orElseGet(() -> Answer.text(404, "not found\n")));
  }

  private void watch(Exchange exchange) {
    Feed opened = feed;
    if (opened == null) {
      unavailable(exchange, "The router is loading its model");
      return;
    }
    StreamWatcher watcher = new StreamWatcher(exchange);
    try {
      opened.watch(watcher);
      exchange.onGone(why -> opened.leave(watcher)); // it may have left already
    } catch (ServingException e) {
      exchange.answer(Answer.text(429, e.getMessage() + "\n").with("Retry-After", "5"));
    }
  }

  private static void unavailable(Exchange exchange, String why) {
    exchange.answer(Answer.text(503, why + "\n").with("Retry-After", "1"));
  }

  /** Sends everybody away. */
  @Override
  public void close() {
    Feed opened = feed;
    if (opened != null) {
      opened.close();
    }
  }
}
