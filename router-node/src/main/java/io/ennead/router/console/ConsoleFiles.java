package io.ennead.router.console;

import io.ennead.node.http.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The files of the page, read once. Immutable. */
final class ConsoleFiles {
  static final String PAGE = "index.html";

  private static final List<String> NAMES =
      List.of(
          PAGE,
          "console.css",
          "icon.svg",
          "activity.js",
          "cluster.js",
          "console.js",
          "dom.js",
          "feed.js",
          "gate.js",
          "heat.js",
          "playground.js",
          "routing.js",
          "token.js");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  /** A browser asks whether they have changed, so that a new version is seen at once. */
  private static final Map<String, String> HEADERS =
      Map.of("Cache-Control", "no-cache", "X-Content-Type-Options", "nosniff");

  private final Map<String, Answer> answers;

  private ConsoleFiles(Map<String, Answer> answers) {
    this.answers = Map.copyOf(answers);
  }

  static ConsoleFiles read() {
    return new ConsoleFiles(
        NAMES.stream().collect(Collectors.toMap(Function.identity(), ConsoleFiles::answer)));
  }

  private static Answer answer(String name) {
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    return Answer.of(200, Objects.requireNonNull(type, name), bytes(name)).with(HEADERS);
  }

  private static byte[] bytes(String name) {
    try (InputStream file =
        Objects.requireNonNull(ConsoleFiles.class.getResourceAsStream(name), name)) {
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of them; empty when there is none of the name. */
  Optional<Answer> find(String name) {
    return Optional.ofNullable(answers.get(name));
  }

  /** The page itself. */
  Answer page() {
    return Objects.requireNonNull(answers.get(PAGE));
  }
}
