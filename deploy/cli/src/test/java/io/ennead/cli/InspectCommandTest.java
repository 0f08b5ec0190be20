package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.synthetic.ByteTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectCommandTest {
  // The architecture of the bundled model, as its card gives it.
  private static final long HIDDEN = 192;
  private static final long LAYERS = 4;
  private static final long VOCABULARY = 4096;
  private static final long EXPERT = LAYERS * 3 * HIDDEN * 384;
  private static final long DENSE =
      2 * VOCABULARY * HIDDEN // embedding and head
          + HIDDEN // last norm
          + LAYERS * (2 * HIDDEN * HIDDEN + 2 * HIDDEN * 96) // attention
          + LAYERS * (2 * HIDDEN + 8 * HIDDEN); // norms and gate

  @Test
  void parametersAreThoseOfTheArchitecture() {
    String out = CliRun.of("inspect").out().replaceAll(" +", " ");
    assertThat(out).contains("family mixtral");
    assertThat(out).contains("\nall " + number(DENSE + 8 * EXPERT) + " 36.4 MB 18.2 MB");
    assertThat(out).contains("\nrouter node " + number(DENSE));
    assertThat(out).contains("\neach of 8 expert nodes " + number(EXPERT));
    assertThat(out).contains("\nused per token " + number(DENSE + 2 * EXPERT));
  }

  @Test
  void fewerNodesHoldMoreEach() {
    String out = CliRun.of("inspect", "--nodes", "3").out().replaceAll(" +", " ");
    assertThat(out).contains("\neach of 3 expert nodes " + number(3 * EXPERT));
    assertThat(CliRun.of("inspect", "--nodes", "9").code()).isEqualTo(2);
  }

  @Test
  void tensorsAreListedWhenAskedFor() {
    String tensor = "model.layers.3.block_sparse_moe.experts.7.w2.weight";
    assertThat(CliRun.of("inspect").out()).doesNotContain(tensor);
    assertThat(CliRun.of("inspect", "--tensors").out()).contains(tensor).contains("[192, 384]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mixtral | softmax over all 8, top 2, renormalised",
        "grok-1 | softmax over all 8, top 2, not renormalised",
        "gpt_oss | logits of all 8, top 4, softmax over the chosen",
        "deepseek_v3 | sigmoid of each of 16, a bias added for choosing only, the best 2 of 4 groups by"
            + " their 2 best, top 4, renormalised, times 2.5",
      })
  void gateIsExplainedInWords(String family, String words, @TempDir Path directory)
      throws IOException {
    copy(family, directory);
    ByteTokenizer.write(directory.resolve("tokenizer.json"));
    CliRun run = CliRun.of("inspect", directory.toString());
    assertThat(run.code()).isZero();
    assertThat(run.out().replaceAll(" +", " ")).contains("gate " + words + "\n");
  }

  @Test
  void modelThatCannotBeServedFailsWithTheReason(@TempDir Path directory) throws IOException {
    copy("mixtral", directory);
    CliRun without = CliRun.of("inspect", directory.toString());
    assertThat(without.code()).isEqualTo(1);
    assertThat(without.err()).contains("tokenizer");
    Path weights = directory.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length / 2));
    CliRun cut = CliRun.of("inspect", directory.toString());
    assertThat(cut.code()).isEqualTo(1);
    assertThat(cut.err()).contains("model.safetensors").contains("expected");
  }

  @Test
  void memoryDecidesWhetherANodesShareFits() {
    assertThat(CliRun.of("inspect", "--memory", "1GiB").code()).isZero();
    CliRun small = CliRun.of("inspect", "--memory", "100MB");
    assertThat(small.code()).isEqualTo(1);
    assertThat(small.out()).contains("does not fit 100.0 MB");
  }

  private static void copy(String family, Path directory) throws IOException {
    Path from = Path.of("../../expert-node/src/test/resources/families").resolve(family);
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(from.resolve(file), directory.resolve(file));
    }
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
