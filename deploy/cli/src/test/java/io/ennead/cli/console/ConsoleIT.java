package io.ennead.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.StoppingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The console as a person meets it: a real cluster, a real browser, real clicks and keys. With
 * {@code -Dennead.screenshots=DIRECTORY} it leaves pictures there.
 */
@Timeout(180)
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleIT {
  private static final int TAB = 9;
  private static final int RIGHT = 39;
  private static final int DOWN = 40;
  private static final int TOKENS = 64;

  private static final String PROMPT = "The queen of the bees had a secret";

  /** A guard against a page that waits for something, not a measurement. */
  private static final double LONGEST_LOAD_MILLIS = 5000;

  private ConsoleCluster cluster;
  private Browser browser;

  @BeforeAll
  void start(@TempDir Path profile) throws IOException, InterruptedException {
    Optional<Path> program = Browser.program();
    Assumptions.assumeTrue(program.isPresent(), "chromium is not installed (Debian: chromium)");
    browser = Browser.start(program.orElseThrow(), profile);
    cluster = new ConsoleCluster();
    browser.screen(1360, 900);
    browser.open(cluster.console());
    browser.await("document.querySelector('#live').dataset.state === 'live'");
    browser.await("document.querySelectorAll('#nodes tbody tr').length === 9");
  }

  @AfterAll
  void stop() throws IOException {
    if (browser != null) {
      browser.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void nothingIsComplainedOf() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  @Order(1)
  void itLoadsAtOnce() {
    double millis = browser.number("performance.getEntriesByType('navigation')[0].loadEventEnd");
    System.out.printf("the console was loaded after %.0f ms%n", millis);

    assertThat(millis).isPositive().isLessThan(LONGEST_LOAD_MILLIS);
    assertThat(browser.text("#model"))
        .isEqualTo("demo (mixtral, f32): 4 layers, 8 experts, 2 per token");
    assertThat(
            browser.number(
                "performance.getEntriesByType('resource').filter(r => !r.name.startsWith(location.origin)).length"))
        .isZero();
  }

  @Test
  @Order(2)
  void everyNodeIsOnTheMapAndInTheTable() {
    assertThat(browser.number("document.querySelectorAll('#spokes > .ready').length")).isEqualTo(8);
    assertThat(browser.text("#map-title"))
        .isEqualTo("The router and 8 expert nodes, 8 of them ready");
    JsonNode row =
        browser.evaluate(
            "[...document.querySelectorAll('#nodes tr')[2].cells].map(c => c.textContent)");
    assertThat(row.get(0).asText()).startsWith("expert-0127.0.0.1:");
    assertThat(row.get(1).asText()).isEqualTo("ready");
    assertThat(row.get(2).asText()).isEqualTo("01");
    assertThat(row.get(3).asText()).matches("[0-9.]+ (µs|ms)");
    assertThat(row.get(6).asText()).matches("[0-9.]+ (MB|GB)");
  }

  @Test
  @Order(3)
  void aGenerationIsSeenWhileItRuns() throws Exception {
    assertThat(browser.text("#heat-note")).contains("Nothing was computed in the last minute");
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(PROMPT)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(900).setIgnoreEos(true))
            .build();
    try (EnneadClient client = EnneadClient.connect(cluster.grpc());
        Generation pieces = client.generate(request, Duration.ofMinutes(2))) {
      String id = pieces.next().getResponseId();
      browser.await(
          "document.querySelector('#request-rows tbody th')?.title === '%s'".formatted(id));
      browser.await("document.querySelector('.phase').textContent === 'generating'");
      assertThat(browser.evaluate("document.body.innerText").asText()).doesNotContain(PROMPT);
    } // which ends it
    browser.await("!document.querySelector('#requests-none').hidden");
    browser.await(
        "document.querySelector('#heat-note').textContent.includes('per layer, in the last minute')");
    for (int layer = 0; layer < 4; layer++) {
      String cells =
          "[...document.querySelectorAll('#heat tbody tr')[%d].cells].slice(1)".formatted(layer);
      assertThat(
              browser.number(cells + ".reduce((sum, cell) => sum + Number(cell.textContent), 0)"))
          .as("shares of layer %d", layer)
          .isCloseTo(100, within(4.0)); // each is rounded
    }
  }

  @Test
  @Order(4)
  void aTokenOfThePlaygroundShowsItsFourDistributions() {
    openPlayground();
    browser.click("#seed");
    browser.type("7");
    browser.click("#temperature");
    browser.press("ArrowRight", RIGHT);
    assertThat(browser.text("#temperature-value")).isEqualTo("1.05");
    browser.click("#run");
    browser.await("document.querySelector('#play-status').textContent.includes('ended by')");
    double tokens = browser.number("document.querySelectorAll('#text .t').length");
    assertThat(tokens).isBetween(12.0, (double) TOKENS); // the model may end it
    assertThat(
            browser.number(
                "[...document.querySelectorAll('#text .t')].filter(t => getComputedStyle(t)"
                    + ".backgroundImage.startsWith('linear-gradient(to right, rgb')).length"))
        .as("coloured: all but the last, which is not fed into the model")
        .isEqualTo(tokens - 1);

    browser.click("#text .t", 10);
    browser.await("!document.querySelector('#token').hidden");
    assertThat(browser.text("#token-title")).startsWith("Token 10, ").endsWith(" at layer 2");
    assertThat(browser.number("document.querySelectorAll('#token .distribution svg').length"))
        .isEqualTo(4);
    browser.click("#token summary");
    browser.await("document.querySelector('#token details').open");
    distributionsAreRight();
    browser.click("#layer"); // its middle
    distributionsAreRight();
  }

  private void openPlayground() {
    browser.open(cluster.console());
    browser.await("document.querySelector('#layer').max > 0");
  }

  /** T = 1 / t raises the probabilities of T = 1 to the power t; the best two share the top-k. */
  private void distributionsAreRight() {
    double[] topK = column(1);
    double[] plain = column(2);
    assertThat(Arrays.stream(topK).filter(p -> p > 0).count()).isEqualTo(2);
    assertClose(column(3), normalised(plain, p -> p * p));
    assertClose(column(4), normalised(plain, Math::sqrt));
    double least = Arrays.stream(plain).sorted().skip(plain.length - 2).findFirst().orElseThrow();
    assertClose(topK, normalised(plain, p -> p < least ? 0 : p));
  }

  private double[] column(int index) {
    JsonNode cells =
        browser.evaluate(
            "[...document.querySelectorAll('#distributions tr')].slice(1).map(r => Number(r.cells[%d].textContent))"
                .formatted(index));
    double[] values = new double[cells.size() - 1]; // the last is their sum
    Arrays.setAll(values, i -> cells.get(i).asDouble());
    assertThat(values).hasSize(8);
    assertThat(cells.get(8).asDouble()).isCloseTo(1, within(1e-4));
    assertThat(Arrays.stream(values).sum()).isCloseTo(1, within(1e-3));
    return values;
  }

  private static double[] normalised(double[] values, DoubleUnaryOperator change) {
    double sum = Arrays.stream(values).map(change).sum();
    return Arrays.stream(values).map(value -> change.applyAsDouble(value) / sum).toArray();
  }

  /** Four digits are shown, and the root of a small number amplifies what is cut off. */
  private static void assertClose(double[] shown, double[] right) {
    assertThat(shown).containsExactly(right, within(0.02));
  }

  @Test
  @Order(5)
  void aKeyboardIsEnough() {
    openPlayground();
    browser.press("Tab", TAB);
    assertThat(browser.text(":focus")).isEqualTo("Skip to the content");
    tabTo("#max-tokens");
    browser.press("ArrowDown", DOWN); // 63
    tabTo("#run");
    assertThat(browser.evaluate("getComputedStyle(document.activeElement).outlineStyle").asText())
        .isEqualTo("solid");
    browser.enter();
    browser.await("document.querySelector('#play-status').textContent.includes('ended by')");
    tabTo("#text .t");
    for (int i = 0; i < 3; i++) {
      browser.press("ArrowRight", RIGHT);
    }
    browser.enter();
    browser.await(
        "document.querySelectorAll('#text .t')[3].getAttribute('aria-pressed') === 'true'");
    assertThat(browser.text("#token-title")).startsWith("Token 3, ");
    assertThat(browser.number("Number(document.querySelector('#max-tokens').value)"))
        .isEqualTo(TOKENS - 1);
  }

  private void tabTo(String selector) {
    String there = "document.activeElement.matches('%s')".formatted(selector);
    for (int i = 0; i < 40 && !browser.evaluate(there).asBoolean(); i++) {
      browser.press("Tab", TAB);
    }
    assertThat(browser.evaluate(there).asBoolean()).as(selector).isTrue();
  }

  @Test
  @Order(6)
  void aLostNodeIsSeenAndSoIsItsReturn() throws InterruptedException {
    browser.open(cluster.console());
    browser.await("document.querySelectorAll('#spokes > .ready').length === 8");
    browser.await("document.querySelectorAll('#incidents li').length >= 8");
    cluster.lose(2);
    browser.await("document.querySelectorAll('#spokes > .lost').length === 1");
    browser.await("document.querySelectorAll('#nodes tr')[4].cells[1].textContent === 'lost'");
    browser.await(incidents("expert-2 is lost") + " === 1");
    browser.await("document.querySelector('#incident-news').textContent !== ''");
    assertThat(browser.evaluate("document.querySelector('#missing').hidden").asBoolean())
        .as("its experts are on another node")
        .isTrue();

    cluster.restart(2);
    browser.await("document.querySelectorAll('#spokes > .ready').length === 8");
    browser.await(incidents("expert-2 is ready") + " === 2");
  }

  private static String incidents(String words) {
    return "[...document.querySelectorAll('#incidents p')].filter(p => p.textContent === '%s').length"
        .formatted(words);
  }

  @Test
  @Order(7)
  void itFitsAPhone() {
    browser.screen(390, 844);
    browser.await("window.innerWidth === 390");

    assertThat(browser.number("document.documentElement.scrollWidth")).isEqualTo(390);
    browser.screen(1360, 900);
  }

  @Test
  @Order(8)
  void itIsDarkWhereThatIsWanted() {
    String paper = "getComputedStyle(document.body).backgroundColor";
    browser.scheme("light");
    assertThat(browser.evaluate(paper).asText()).isEqualTo("rgb(255, 255, 255)");
    browser.scheme("dark");
    assertThat(browser.evaluate(paper).asText()).isEqualTo("rgb(22, 24, 29)");
    browser.scheme("light");
  }

  @Test
  @Order(9)
  @EnabledIfSystemProperty(named = "ennead.screenshots", matches = ".+")
  void picturesForTheDocumentation() throws Exception {
    Path directory = Path.of(System.getProperty("ennead.screenshots"));
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(PROMPT)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(480).setIgnoreEos(true))
            .build();
    try (EnneadClient client = EnneadClient.connect(cluster.grpc())) {
      browser.open(cluster.console());
      browser.await("!document.querySelector('#run').disabled");
      for (int round = 0; round < 10; round++) {
        client.generate(request, Duration.ofMinutes(2)).next();
        Thread.sleep(1500);
      }
      browser.click("#run");
      browser.await("document.querySelector('#play-status').textContent.includes('ended by')");
      browser.click("#text .t", 10);
      browser.photograph(directory.resolve("console-light.png"));
      browser.scheme("dark");
      browser.photograph(directory.resolve("console-dark.png"));
      browser.screen(390, 844);
      browser.photograph(directory.resolve("console-phone.png"));
    }
  }
}
