package io.ennead.cli.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The pages of two sizes are left under target/route, to be looked at. */
class RoutePageTest {
  private static final String HOSTILE =
      "<script src=\"https://x\">alert('1')</script>]]>&amp;\u0000\u001b\u202e\ufffd\ufffe😀\"'\n";

  private final SyntheticGate small = SyntheticGate.of(4, 8, 2, 7);

  @Test
  void aPageIsWellFormedAndLoadsNothing() throws Exception {
    String page = RoutePage.of(Pictures.of(small, 26, 41));
    parse(page);
    assertThat(page).doesNotContainPattern("https?:|src=|href=|url\\(|@import|<script");
    keep("small.html", page);
  }

  @Test
  void aLargePageStaysUsable() throws Exception {
    String page = RoutePage.of(Pictures.of(SyntheticGate.of(48, 128, 8, 3), 150, 501));
    Document document = parse(page);
    assertThat(page.length()).isLessThan(12 << 20);
    assertThat(page).contains("The first 333 of 500 tokens are shown.");
    assertThat(elements(document, "svg")).hasSizeBetween(150, 200);
    keep("large.html", page);
  }

  @Test
  void theSameRunGivesTheSamePage() {
    assertThat(RoutePage.of(Pictures.of(small, 5, 9)))
        .isEqualTo(RoutePage.of(Pictures.of(small, 5, 9)));
  }

  @Test
  void hostileTextIsOnlyText() throws Exception {
    List<Token> tokens = IntStream.range(0, 6).mapToObj(i -> new Token(i, HOSTILE, false)).toList();
    Picture picture = Pictures.of(small, 4, tokens, Traces.of(small.piece(0, 5)));
    Document document = parse(RoutePage.of(picture));
    assertThat(elements(document, "script")).isEmpty();
    List<Element> spans = elements(document, "span").stream().filter(this::token).toList();
    assertThat(spans).hasSize(6);
    assertThat(spans.get(5).getTextContent()).isEqualTo(Visible.of(HOSTILE));
    assertThat(spans.get(0).getAttribute("title")).contains(Visible.of(HOSTILE));
  }

  private boolean token(Element span) {
    return span.getAttribute("class").startsWith("t ")
        || span.getAttribute("class").startsWith("untraced");
  }

  @Test
  void everyCellTellsItsTokensNumbers() throws Exception {
    Picture picture = Pictures.of(small, 26, 41);
    Document document = parse(RoutePage.of(picture));
    List<String> titles =
        elements(document, "title").stream().map(Element::getTextContent).toList();
    for (LayerRoutes routes : picture.trace().layers()) {
      for (int token = 0; token < 40; token++) {
        String head = picture.tokenTitle(token) + ", layer " + routes.layer();
        String title =
            titles.stream().filter(text -> text.startsWith(head + "\n")).findFirst().orElseThrow();
        for (Choice choice : routes.chosen(token)) {
          assertThat(title)
              .contains(
                  "\n%d: %.3f %.3f %.3f %s\n"
                      .formatted(
                          choice.expert(),
                          choice.weight(),
                          choice.share(),
                          choice.probability(),
                          choice.node()));
        }
        assertThat(title).contains("entropy %.3f nats".formatted(routes.entropy(token)));
      }
    }
  }

  @Test
  void barsAreAsHighAsTheLoads() throws Exception {
    Picture picture = Pictures.of(small, 26, 41);
    Document document = parse(RoutePage.of(picture));
    double most = 0;
    for (LayerLoad load : picture.trace().loads()) {
      for (double share : load.shares()) {
        most = Math.max(most, share);
      }
    }
    List<Double> expected = new ArrayList<>();
    for (LayerLoad load : picture.trace().loads()) {
      for (double share : load.shares()) {
        expected.add(64 * share / most);
      }
    }
    List<Double> heights =
        elements(document, "rect").stream()
            .filter(bar -> titleBeside(bar).contains("runs)"))
            .map(bar -> Double.valueOf(bar.getAttribute("height")))
            .toList();
    assertThat(heights).hasSameSizeAs(expected);
    for (int i = 0; i < heights.size(); i++) {
      assertThat(heights.get(i)).isBetween(expected.get(i) - 0.011, expected.get(i) + 0.011);
    }
  }

  private static String titleBeside(Element bar) {
    NodeList titles = ((Element) bar.getParentNode()).getElementsByTagName("title");
    return titles.getLength() == 0 ? "" : titles.item(0).getTextContent();
  }

  @Test
  void everyDrawingHasANameAndADescription() throws Exception {
    Document document = parse(RoutePage.of(Pictures.of(small, 5, 9)));
    assertThat(elements(document, "svg"))
        .isNotEmpty()
        .allMatch(svg -> svg.getFirstChild().getNodeName().equals("title"))
        .allMatch(svg -> svg.getFirstChild().getNextSibling().getNodeName().equals("desc"));
  }

  @Test
  void aRoutingWhoseTraceWasCutSaysSo() throws Exception {
    Picture whole = Pictures.of(small, 5, 9);
    Comparison.Column cut = new Comparison.Column("top-k", Traces.of(small.piece(0, 2)));
    Picture picture = new Picture(whole.run(), 0, new Comparison(4, List.of(cut)));
    String page = RoutePage.of(picture);
    parse(page);
    assertThat(page).contains("left out: the trace was cut");
  }

  @Test
  void oneTokenAndOneExpertAndNoWeightAreDrawnToo() throws Exception {
    SyntheticGate one = SyntheticGate.of(1, 1, 1, 1);
    String page = RoutePage.of(Pictures.of(one, 1, 2));
    parse(page);
    assertThat(page).doesNotContain("NaN", "Infinity");
  }

  private static Document parse(String page) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(page)));
  }

  private static List<Element> elements(Document document, String name) {
    NodeList found = document.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }

  private static void keep(String name, String page) throws Exception {
    Path directory = Files.createDirectories(Path.of("target", "route"));
    Files.writeString(directory.resolve(name), page);
  }
}
