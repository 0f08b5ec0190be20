package io.ennead.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackId;
import io.ennead.expert.pack.PackManifest;
import io.ennead.learn.model.Objective;
import io.ennead.learn.train.StepReport;
import io.ennead.learn.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From texts to a pack, with a model of a few numbers whose tokens are bytes. */
@Timeout(60)
class ExpertTrainingTest {
  private static final Path MODEL =
      Path.of("../../expert-node/src/test/resources/families/mixtral");
  private static final PackId ID = new PackId("vowels", "1");
  private static final int STEPS = 30;
  private static final int INTERRUPTED = 15;

  @TempDir private Path directory;

  @Test
  void thePackFitsItsModelAndKnowsTheNewText() throws Exception {
    List<StepReport> reports = new ArrayList<>();
    ExpertTrainingResult result = run("a", reports::add);
    Checkpoint model = Checkpoint.open(MODEL);
    ExpertPack pack =
        ExpertPack.open(directory.resolve("a/vowels@1"), model.config(), Fingerprints.model(model));
    pack.requireWhole();
    assertThat(pack.manifest()).isEqualTo(result.pack());
    assertThat(result.after().crossEntropy()).isLessThan(0.8 * result.before().crossEntropy());
    StepReport last = reports.get(STEPS - 1);
    assertThat(last.losses().total()).isLessThan(0.8 * reports.get(0).losses().total());
    assertThat(last.losses().divergence()).isBetween(-1e-6, 0.5);
    assertThatThrownBy(() -> run("a", report -> {}))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("expected: a new name or version");
  }

  @Test
  void aRunThatEndedEarlyComesToTheSamePack() throws Exception {
    PackManifest whole = run("whole", report -> {}).pack();
    assertThatThrownBy(() -> run("parts", ExpertTrainingTest::interrupt)).hasMessage("enough");
    assertThat(run("parts", report -> {}).pack()).isEqualTo(whole);
  }

  @Test
  void aTextWithoutASequenceIsNamed() throws IOException {
    Path packs = directory.resolve("short");
    ExpertTrainingPlan plan = plan(packs);
    Files.writeString(plan.keep(), "{\"text\": \"01234567\"}");
    assertThatThrownBy(() -> ExpertTraining.of(ExpertTrainingTest::encode, plan).run(report -> {}))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s: no text of 9 tokens (expected: at least one, for a sequence)", plan.keep());
  }

  private static void interrupt(StepReport report) {
    if (report.step() == INTERRUPTED) {
      throw new IllegalStateException("enough");
    }
  }

  private ExpertTrainingResult run(String name, Consumer<StepReport> listener) throws Exception {
    return ExpertTraining.of(ExpertTrainingTest::encode, plan(directory.resolve(name)))
        .run(listener);
  }

  private static int[] encode(String text, boolean special) {
    return special ? new int[] {1} : text.chars().toArray();
  }

  private ExpertTrainingPlan plan(Path packs) throws IOException {
    Files.createDirectories(packs.resolve("state"));
    Path vowels = texts("vowels.jsonl", "aeiouaeiouaeiouaeiou");
    return new ExpertTrainingPlan(
        MODEL,
        vowels,
        texts("known.jsonl", "0123456789876543210"),
        vowels,
        ID,
        packs,
        packs.resolve("state"),
        List.of(0, 1),
        2,
        new TrainingOptions(new Objective(0.5, 1, 2), STEPS, 3, 0.02, 3, 0.1, 0.01, 1, 7),
        9,
        8,
        4,
        1);
  }

  private Path texts(String file, String text) throws IOException {
    return Files.writeString(
        directory.resolve(file), "{\"text\": \"%s\"}%n".formatted(text).repeat(4));
  }
}
