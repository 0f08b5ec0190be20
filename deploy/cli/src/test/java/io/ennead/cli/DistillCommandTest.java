package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.bench.TrainingPage;
import io.ennead.learn.model.Losses;
import io.ennead.learn.train.StepReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flags, the progress bar and the page; DistillIT trains. */
class DistillCommandTest {
  private static final Losses LOSSES = new Losses(3.25, 4.5, 0.75);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--alpha 1.5; alpha: 1.5 (expected: 0 to 1)",
        "--label-temperature 0; temperature: 0.0 (expected: more than 0)",
        "--top 2000; --top: 2000 (expected: 0 to 1024)",
        "--hidden 30; hidden: 30 (expected: a multiple of 2 x heads)",
        "--experts-per-token 3 --experts 2; experts per token: 3 (expected: 1 to 2)",
        "--warmup 2; warmup: 2000 (expected: 0 to 1000)",
      })
  void whatCannotBeIsRefused(String flags, String message) {
    CliRun run =
        CliRun.of(
            ("distill %s --corpus x --validation y --teacher z ".formatted(directory) + flags)
                .split(" "));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains(message);
  }

  @Test
  void theBarTellsTheLosses() {
    StringWriter err = new StringWriter();
    try (StepProgress progress = new StepProgress(new PrintWriter(err), 40, false)) {
      progress.report(new StepReport(39, 0.1, LOSSES, 1, 0.5, 0.25, 100));
      assertThat(err.toString()).isEmpty(); // not ten seconds yet
      progress.report(new StepReport(40, 0.1, LOSSES, 1, 0.5, 0.25, 100));
    }
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "[##############################] step 40 of 40, loss 3.250, cross-entropy 4.500,"
                + " KL 0.750, 200 tokens/s, waited 0.25 s");
  }

  @Test
  void thePageHasACurveOfEachLoss() throws IOException {
    Path csv = directory.resolve("training.csv");
    Files.writeString(
        csv,
        "step,learning_rate,loss,cross_entropy,divergence,gradient_norm\n"
            + "1,0.1,8,8,NaN,2\n2,0.2,4,2,NaN,1\n");
    String page = TrainingPage.of("a <b>", csv);
    assertThat(page)
        .contains("a &lt;b&gt;", "curve s0", "curve s1", "curve s2")
        .doesNotContain("NaN");
    // half of the height apart
    assertThat(page).contains("M64 24 L988 115");
  }

  @Test
  void thePageIsTheSameInEveryLocale() throws IOException {
    Path csv = directory.resolve("training.csv");
    Files.writeString(
        csv,
        "step,learning_rate,loss,cross_entropy,divergence,gradient_norm\n1,0.25,0.5,0.5,0.1,0.5\n");
    String page = TrainingPage.of("a", csv);
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(TrainingPage.of("a", csv)).isEqualTo(page).contains("0.25", "0.50");
    } finally {
      Locale.setDefault(before);
    }
  }
}
