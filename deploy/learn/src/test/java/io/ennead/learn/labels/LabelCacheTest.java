package io.ennead.learn.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.learn.model.LabelRows;
import io.ennead.wire.FloatFormats;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept is what the teacher gave, whatever happens to the file. */
class LabelCacheTest {
  private static final int VOCABULARY = 20;
  private static final int ROWS = 4;

  private final Sequences sequences =
      Sequences.cut(new int[] {0}, List.of(new Random(1).ints(23, 2, 20).toArray()), ROWS, 100);
  private final List<Integer> asked = new ArrayList<>();

  @TempDir private Path directory;

  @Test
  void aTextIsCutIntoChunksAfterItsFront() {
    assertThat(sequences.count()).isEqualTo(5);
    assertThat(sequences.length()).isEqualTo(ROWS);
    assertThat(sequences.get(4)).hasSize(5).startsWith(0);
    assertThat(sequences.tails()).hasSize(1);
    assertThat(sequences.tails().get(0)).hasSize(4).startsWith(0);
    assertThat(Sequences.cut(new int[0], List.of(new int[50]), 10, 3).count()).isEqualTo(3);
  }

  @Test
  void theTeacherIsAskedOnce() throws Exception {
    for (int top : new int[] {3, 0}) {
      asked.clear();
      LabelForm form = new LabelForm("f00d", 2, top);
      for (int pass = 0; pass < 2; pass++) {
        try (LabelCache cache = open(form)) {
          for (int index = 4; index >= 0; index--) {
            assertSame(cache.label(index, sequences.get(index)), labels(index, top), top == 0);
          }
          assertThat(cache.asked()).isEqualTo(pass == 0 ? 5 : 0);
        }
      }
      assertThat(asked).containsExactly(4, 3, 2, 1, 0);
    }
  }

  @Test
  void whatACrashLeftIsAskedForAgain() throws Exception {
    LabelForm form = new LabelForm("f00d", 2, 3);
    try (LabelCache cache = open(form)) {
      for (int index = 0; index < 5; index++) {
        cache.label(index, sequences.get(index));
      }
    }
    asked.clear();
    try (RandomAccessFile file = new RandomAccessFile(file().toFile(), "rw")) {
      int slot = 4 + ROWS * 7 * 4;
      file.seek(512 + 2 * slot + 40); // one byte of the third
      int old = file.read();
      file.seek(512 + 2 * slot + 40);
      file.write(old ^ 4);
      file.setLength(512 + 5 * slot - 9); // the end of the fifth
    }
    for (int pass = 0; pass < 2; pass++) {
      try (LabelCache cache = open(form)) {
        for (int index = 0; index < 5; index++) {
          assertSame(cache.label(index, sequences.get(index)), labels(index, 3), false);
        }
      }
    }
    assertThat(asked).containsExactly(2, 4);
  }

  @Test
  void aFileOfOtherLabelsIsRefused() throws Exception {
    open(new LabelForm("f00d", 2, 3)).close();
    byte[] bytes = Files.readAllBytes(file());
    bytes[30] ^= 1;
    Files.write(file(), bytes);
    assertThatThrownBy(() -> open(new LabelForm("f00d", 2, 3)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("header ");
    open(new LabelForm("f00d", 1, 3)).close(); // has a file of its own
  }

  private LabelCache open(LabelForm form) throws IOException {
    return LabelCache.open(
        directory,
        form,
        sequences,
        VOCABULARY,
        (index, sequence) -> {
          asked.add(index);
          assertThat(sequence).isEqualTo(sequences.get(index));
          return labels(index, form.top());
        });
  }

  private Path file() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findFirst().orElseThrow();
    }
  }

  private static LabelRows labels(int index, int top) {
    Random random = new Random(index);
    int width = top == 0 ? VOCABULARY : top;
    float[] probabilities = new float[ROWS * width];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = random.nextFloat();
    }
    return new LabelRows(
        top == 0 ? new int[0] : random.ints(ROWS * top, 0, VOCABULARY).toArray(),
        probabilities,
        top == 0 ? new float[0] : new float[] {1, random.nextFloat(), 0, 1e-9f});
  }

  private static void assertSame(LabelRows actual, LabelRows expected, boolean rounded) {
    assertThat(actual.ids()).isEqualTo(expected.ids());
    assertThat(actual.remaining()).isEqualTo(expected.remaining());
    for (int i = 0; i < expected.probabilities().length; i++) {
      float p = expected.probabilities()[i];
      float kept = rounded ? FloatFormats.fromF16(FloatFormats.toF16(p)) : p;
      assertThat(actual.probabilities()[i]).isIn(p, kept);
    }
  }
}
