package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a training is said before it begins. */
class TrainExpertCommandTest {
  private static final Path CORPUS = Path.of("../learn/corpus");

  @TempDir private Path packs;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--experts=100 | experts: 100 (expected: 1 to 64)",
        "--layers=1,7 | --layers: [1, 7] (expected: of [0, 1, 2, 3])",
        "--batch=1 | batch: 1 (expected: at least 2, one sequence of each corpus)",
        "--alpha=2 | alpha: 2.0 (expected: 0 to 1)",
        "--gate-cost=-1 | gate cost: -1.0 (expected: at least 0)",
        "--keep=nowhere.jsonl | nowhere.jsonl: no such file"
      })
  void isNamed(String flag, String error) {
    String known = flag.startsWith("--keep") ? flag : "--keep=" + CORPUS.resolve("known.jsonl");
    CliRun run =
        CliRun.of(
            "train-expert",
            "--name=german",
            "--packs=" + packs,
            "--corpus=" + CORPUS.resolve("german-train.jsonl"),
            "--validation=" + CORPUS.resolve("german-val.jsonl"),
            known,
            flag.startsWith("--keep") ? "--seed=1" : flag);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).isEqualToIgnoringNewLines("error: " + error);
    assertThat(packs.resolve("german@1")).doesNotExist();
  }
}
