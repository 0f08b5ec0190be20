package io.ennead.cli.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Chromium without a window, driven as a person would: by clicks at places of the screen and by
 * keys. Remembers everything that a page complains of. Used by one thread.
 */
final class Browser implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> PROGRAMS = List.of("chromium", "chromium-browser");
  private static final List<String> COMPLAINTS =
      List.of("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled");

  private final Process process;
  private final DevTools page;
  private final List<String> complaints = new CopyOnWriteArrayList<>();

  private Browser(Process process, URI page) {
    this.process = process;
    this.page = new DevTools(page, this::heard);
  }

  /** The program, where the machine has it. */
  static Optional<Path> program() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(directory -> PROGRAMS.stream().map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts it.
   *
   * @param profile an empty directory
   */
  static Browser start(Path program, Path profile) throws IOException {
    ProcessBuilder command =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox", // which root may not use; the pages are our own
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("output.txt").toFile());
    command.environment().put("TMPDIR", profile.toString()); // its sockets end with its profile
    Process process = command.start();
    Path port = profile.resolve("DevToolsActivePort");
    try {
      Awaitility.await("chromium's start").atMost(LIMIT).until(() -> lines(port) >= 2);
      Browser browser = new Browser(process, page(Files.readAllLines(port).get(0)));
      Stream.of("Page", "Runtime", "Log").forEach(domain -> browser.page.send(domain + ".enable"));
      return browser;
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static long lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }

  private static URI page(String port) throws IOException {
    URI list = URI.create("http://127.0.0.1:%s/json/list".formatted(port));
    for (JsonNode target : new ObjectMapper().readTree(list.toURL())) {
      if (target.get("type").asText().equals("page")) {
        return URI.create(target.get("webSocketDebuggerUrl").asText());
      }
    }
    throw new IllegalStateException("chromium has no page");
  }

  private void heard(JsonNode event) {
    if (COMPLAINTS.contains(event.get("method").asText())) {
      complaints.add(event.toString());
    }
  }

  /** What the pages have complained of: errors, warnings, what their policy forbids. */
  List<String> complaints() {
    return complaints;
  }

  void open(String address) {
    page.send("Page.navigate", page.object().put("url", address));
    await("document.readyState === 'complete' && location.href.startsWith('http')");
  }

  /** The screen of a telephone, or another. */
  void screen(int width, int height) {
    ObjectNode metrics = page.object().put("width", width).put("height", height);
    page.send(
        "Emulation.setDeviceMetricsOverride",
        metrics.put("deviceScaleFactor", 1).put("mobile", width < 600));
  }

  void scheme(String lightOrDark) {
    ObjectNode media = page.object();
    media
        .putArray("features")
        .addObject()
        .put("name", "prefers-color-scheme")
        .put("value", lightOrDark);
    page.send("Emulation.setEmulatedMedia", media);
  }

  /** The value of an expression. */
  JsonNode evaluate(String expression) {
    ObjectNode parameters = page.object().put("expression", expression).put("returnByValue", true);
    JsonNode result = page.send("Runtime.evaluate", parameters);
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
    }
    return result.get("result").path("value");
  }

  String text(String selector) {
    return evaluate("document.querySelector('%s').textContent".formatted(selector)).asText();
  }

  double number(String expression) {
    return evaluate(expression).asDouble();
  }

  /** Waits until an expression is true. */
  void await(String expression) {
    Awaitility.await(expression).atMost(LIMIT).until(() -> isTrue(expression));
  }

  private boolean isTrue(String expression) {
    try {
      return evaluate(expression).asBoolean();
    } catch (IllegalStateException e) {
      return false; // what it asks for is not there yet
    }
  }

  /** Clicks the middle of an element, or of the n-th that the selector finds. */
  void click(String selector, int index) {
    String element = "document.querySelectorAll('%s')[%d]".formatted(selector, index);
    evaluate(element + ".scrollIntoView({block: 'center', behavior: 'instant'})");
    JsonNode box =
        evaluate(
            "(({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2}))(%s.getBoundingClientRect())"
                .formatted(element));
    for (String type : List.of("mousePressed", "mouseReleased")) {
      ObjectNode mouse = page.object().put("type", type).put("button", "left");
      mouse.put("x", box.get("x").asDouble()).put("y", box.get("y").asDouble());
      page.send("Input.dispatchMouseEvent", mouse.put("clickCount", 1));
    }
  }

  void click(String selector) {
    click(selector, 0);
  }

  /** Presses a key that writes nothing, such as Tab or ArrowRight. */
  void press(String key, int code) {
    key("keyDown", key, code, "");
    key("keyUp", key, code, "");
  }

  /** Presses Enter. */
  void enter() {
    key("keyDown", "Enter", 13, "\r");
    key("keyUp", "Enter", 13, "");
  }

  private void key(String type, String key, int code, String text) {
    ObjectNode event = page.object().put("type", type).put("key", key).put("code", key);
    event.put("windowsVirtualKeyCode", code);
    page.send("Input.dispatchKeyEvent", text.isEmpty() ? event : event.put("text", text));
  }

  /** Writes into what has the focus. */
  void type(String text) {
    page.send("Input.insertText", page.object().put("text", text));
  }

  /** The whole page as a PNG. */
  void photograph(Path file) throws IOException {
    double width = number("document.documentElement.clientWidth");
    double height = number("document.documentElement.scrollHeight");
    ObjectNode parameters = page.object().put("format", "png").put("captureBeyondViewport", true);
    parameters
        .putObject("clip")
        .put("x", 0)
        .put("y", 0)
        .put("width", width)
        .put("height", height)
        .put("scale", 1);
    String png = page.send("Page.captureScreenshot", parameters).get("data").asText();
    Files.write(file, Base64.getDecoder().decode(png));
  }

  /** Ends the program and those that it started. */
  @Override
  public void close() throws IOException {
    page.close();
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
