package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.ScoreStreamRequest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;

@Timeout(30)
class ScoreCommandTest {
  private FakeRouter router;
  @TempDir private Path directory;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    router.close();
  }

  private CliRun run(Object... args) {
    List<String> all = new ArrayList<>(List.of("score", "--addr", router.address()));
    for (Object arg : args) {
      all.add(arg.toString());
    }
    return CliRun.of(all.toArray(String[]::new));
  }

  private Path file(String name, String content) throws Exception {
    return Files.writeString(directory.resolve(name), content);
  }

  @Test
  void aTextHasPerplexitySurpriseAndTemperature() {
    CliRun run = run("--text", "aaab");
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .containsExactly(
            "tokens         4",
            "perplexity     1.872",
            "mean surprise  0.904 bits (expected: 0.527, the entropy)",
            "temperature    1.82 (95 %: 1.342 to 2.83)");
  }

  @Test
  void aFileIsTheSameTextWithOrWithoutItsFlag() throws Exception {
    Path file = file("text", "aaab\n");
    String expected = run("--text", "aaab").out();
    assertThat(run(file).out()).isEqualTo(expected);
    assertThat(run("-f", file).out()).isEqualTo(expected);
    CliRun both = run("-f", file, "--text", "aaab");
    assertThat(both.code()).isEqualTo(1);
    assertThat(both.err()).contains("more than one text");
  }

  @Test
  void everyFlagArrivesInItsField() {
    run(
        "--text",
        "ab",
        "--temperatures",
        "-2,inf",
        "--window",
        8,
        "--stride",
        3,
        "--fit-window",
        5,
        "--routing-temperature",
        0);
    ScoreStreamRequest sent = router.scoreRequests.get(0);
    assertThat(sent.getWindow()).isEqualTo(8);
    assertThat(sent.getStride()).isEqualTo(3);
    assertThat(sent.getScore().getText()).isEqualTo("ab");
    assertThat(sent.getScore().getFitWindow()).isEqualTo(5);
    assertThat(sent.getScore().getFitTemperature()).isTrue();
    assertThat(sent.getScore().getTemperaturesList())
        .containsExactly(-2.0, Double.POSITIVE_INFINITY);
    assertThat(sent.getScore().getRouting().getTemperature()).isZero();
    run("--text", "ab");
    sent = router.scoreRequests.get(1);
    assertThat(sent.hasWindow() || sent.hasStride()).isFalse();
    assertThat(sent.getScore().hasRouting()).isFalse();
  }

  @Test
  void tokensTemperaturesAndRunsAreTables() {
    CliRun run = run("--text", "aab", "--tokens", "--temperatures", "2", "--fit-window", 3);
    assertThat(run.out().lines())
        .containsExactly(
            "id  logprob  rank  entropy  at T 2.0  token",
            "0   -        -     -        -         \"<s>\"",
            "98  -0.1269  0     0.3650   -0.3133   \"a\"",
            "98  -0.1269  0     0.3650   -0.3133   \"a\"",
            "99  -2.1269  1     0.3650   -1.3133   \"b\"",
            "",
            "tokens         3",
            "perplexity     2.211",
            "mean surprise  1.145 bits (expected: 0.527, the entropy)",
            "temperature    2.885 (95 %: 1.843 to 6.641)",
            "",
            "at T  log-likelihood  perplexity",
            "2.0   -1.9398         7.000",
            "",
            "tokens  temperature",
            "1-3     2.885 (95 %: 1.843 to 6.641)",
            "4-4     0 from below: every token is the least likely one");
  }

  @Test
  void coloursAreThereWhenTheyAreOnAndOnlyThen() {
    assertThat(run("--text", "ab").out()).doesNotContain("\u001b");
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine().setOut(new PrintWriter(out));
    line.setColorScheme(Help.defaultColorScheme(Ansi.ON));
    line.execute("score", "--addr", router.address(), "--text", "a\nb");
    assertThat(out.toString())
        .startsWith(
            "\u001b[38;5;16;48;5;157ma\u001b[0m\n"
                + "\u001b[38;5;16;48;5;228mb\u001b[0m\n\nbits: ");
  }

  @Test
  void textsOfAFileAreOneFitForEachValueOfAFieldAndOneForAll() throws Exception {
    Path file =
        file(
            "texts.jsonl",
            """
            {"text": "aaaa", "kind": "x"}
            {"text": "abab", "kind": "y"}
            {"text": "aaab", "kind": "x"}
            """);
    CliRun run = run("--jsonl", file, "--by", "kind");
    assertThat(run.err()).isEmpty();
    // x: 7 of 8 are "a": B = ln(7) / 2, error 1 / sqrt(8 * 7/64 * 4); y: half; all: 9 of 12.
    assertThat(run.out().lines().map(line -> line.replaceAll("\\d+ tokens/s", "N tokens/s")))
        .containsExactly(
            "kind  tokens  loss   perplexity  temperature",
            "x     8       0.377  1.46        1.028 (95 %: 0.4949 through infinity to -13.39)",
            "y     4       1.127  3.09        infinite: all tokens alike (95 %: 1.02 through"
                + " infinity to -1.02)",
            "all   12      0.627  1.87        1.82 (95 %: 0.8315 through infinity to -9.613)",
            "",
            "3 texts, 12 tokens: perplexity 1.8719, N tokens/s");
  }

  @Test
  void chunksBeginWithTheFirstTokenOfATextAndCountTheOthers() throws Exception {
    Path file = file("texts.jsonl", "{\"text\": \"abcde\"}\n");
    CliRun run = run("--jsonl", file, "--chunk", 2, "--no-fit");
    assertThat(run.out()).contains("1 texts, 5 tokens: ");
    assertThat(router.scoreRequests).hasSize(3);
    assertThat(router.scoreRequests)
        .extracting(sent -> sent.getScore().getTokenIds().getIdsList())
        .containsExactlyInAnyOrder(List.of(0, 98, 99), List.of(0, 100, 101), List.of(0, 102));
    assertThat(router.scoreRequests).allMatch(sent -> sent.getScore().getFrom() == 1);
    assertThat(router.scoreRequests)
        .allMatch(sent -> sent.getWindow() == sent.getScore().getTokenIds().getIdsCount());
    assertThat(run("--jsonl", file, "--chunk", 2, "--window", 8).err()).contains("--chunk");
  }

  @Test
  void withoutAFitThereIsOnePass() throws Exception {
    Path file = file("texts.jsonl", "{\"text\": \"aaab\"}\n{\"text\": \"b\"}\n");
    CliRun run = run("--jsonl", file, "--no-fit");
    assertThat(router.scoreRequests).hasSize(2);
    assertThat(run.out().lines().toList().get(1)).endsWith("  -");
  }

  @Test
  void flagsOfOneTextAndOfManyDoNotMix() throws Exception {
    Path file = file("texts.jsonl", "{\"text\": \"a\"}\n");
    assertThat(run("--jsonl", file, "--tokens").err()).contains("not for --jsonl");
    assertThat(run("--jsonl", file, file).err()).contains("not for --jsonl");
    assertThat(run("--text", "a", "--no-fit").err()).contains("--jsonl, which is not given");
    assertThat(router.scoreRequests).isEmpty();
  }

  @Test
  void aLineWithoutTheFieldIsNamed() throws Exception {
    Path file = file("texts.jsonl", "{\"text\": \"a\", \"kind\": 1}\n{\"text\": \"a\"}\n");
    CliRun run = run("--jsonl", file, "--by", "kind");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("line 2: no kind (expected: an object with a field \"kind\")");
  }
}
