package io.ennead.learn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.learn.model.Objective;
import io.ennead.learn.model.Student;
import io.ennead.learn.model.TinyModel;
import io.ennead.learn.model.Weights;
import io.ennead.learn.train.Trainer.Batches;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that end early and go on, and what their files hold. */
@Timeout(60)
class TrainerTest {
  private static final int STEPS = 12;

  private final ModelConfig model = TinyModel.of(3, 2);

  @TempDir private Path directory;

  @Test
  void aRunThatEndedEarlyComesToTheSameBits() throws Exception {
    try (Student student = Student.open(model, 1)) {
      Weights whole = trainer(student, "whole").run(begin(), batches(0, STEPS), report -> {});
      assertThatThrownBy(() -> trainer(student, "parts").run(begin(), batches(0, 9), report -> {}))
          .isInstanceOf(IOException.class)
          .hasMessage("no more");
      assertThat(trainer(student, "parts").done()).isEqualTo(8);
      Weights parts = trainer(student, "parts").run(begin(), batches(8, STEPS), report -> {});
      assertSame(parts, whole);
      assertThat(withoutTimes("parts")).isEqualTo(withoutTimes("whole")).hasSize(STEPS + 1);

      // a run that is done does nothing more
      Weights again = trainer(student, "whole").run(begin(), batches(0, 0), report -> {});
      assertSame(again, whole);
    }
  }

  @Test
  void theLossFalls() throws Exception {
    List<StepReport> reports = new ArrayList<>();
    try (Student student = Student.open(model, 1)) {
      Batches same = () -> TinyModel.batch(3, 8, 5, 0);
      new Trainer(student, options(40), Files.createDirectory(directory.resolve("a")), "run", 100)
          .run(begin(), same, reports::add);
    }
    assertThat(reports.get(39).losses().total()).isLessThan(0.7 * reports.get(0).losses().total());
    assertThat(reports.get(39).losses().divergence())
        .isLessThan(reports.get(0).losses().divergence());
  }

  @Test
  void aCheckpointOfAnotherRunOrADamagedOneIsRefused() throws Exception {
    try (Student student = Student.open(model, 1)) {
      trainer(student, "a").run(begin(), batches(0, STEPS), report -> {});
      Trainer other = new Trainer(student, options(STEPS), directory.resolve("a"), "other", 4);
      assertThatThrownBy(other::done).isInstanceOf(IOException.class).hasMessageContaining("run: ");
      Path file = directory.resolve("a/state.bin");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      assertThatThrownBy(() -> trainer(student, "a").done()).isInstanceOf(IOException.class);
    }
  }

  private Weights begin() {
    return Weights.random(model, 7);
  }

  private Trainer trainer(Student student, String name) throws IOException {
    Path own = Files.createDirectories(directory.resolve(name));
    return new Trainer(student, options(STEPS), own, "run", 4);
  }

  private static TrainingOptions options(int steps) {
    return new TrainingOptions(new Objective(0.5, 2), steps, 3, 0.01, 3, 0.1, 0.1, 1, 0);
  }

  private static Batches batches(int from, int to) {
    int[] next = {from};
    return () -> {
      if (next[0] == to) {
        throw new IOException("no more");
      }
      return TinyModel.batch(3, 8, 5, next[0]++);
    };
  }

  private List<String> withoutTimes(String name) throws IOException {
    try (Stream<String> lines = Files.lines(directory.resolve(name).resolve("training.csv"))) {
      return lines.map(line -> line.replaceFirst("(([^,]*,){6}).*", "$1")).toList();
    }
  }

  private static void assertSame(Weights actual, Weights expected) {
    for (String name : expected.names()) {
      assertThat(actual.get(name)).as(name).isEqualTo(expected.get(name));
    }
  }
}
