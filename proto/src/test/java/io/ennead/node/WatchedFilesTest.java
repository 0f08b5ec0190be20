package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFilesTest {
  @TempDir private Path directory;

  private final List<String> outcomes = new ArrayList<>();
  private int readings;
  private boolean broken;
  private Path first;
  private Path second;
  private WatchedFiles watched;

  @BeforeEach
  void watch() throws IOException {
    first = Files.writeString(directory.resolve("first"), "a");
    second = Files.writeString(directory.resolve("second"), "a");
    watched = new WatchedFiles(List.of(first, second), this::read, outcomes::add);
  }

  private void read() throws IOException {
    readings++;
    if (broken) {
      throw new IOException("half a file");
    }
  }

  @Test
  void whatDoesNotChangeIsNotReadAgain() {
    watched.poll();
    assertThat(readings).isZero();
  }

  @Test
  void aChangeOfAnyFileIsReadOnce() throws IOException {
    Files.writeString(second, "longer");
    watched.poll();
    watched.poll();
    assertThat(readings).isEqualTo(1);
    assertThat(outcomes).containsExactly("");
  }

  @Test
  void aFailureIsTriedAgainAndToldOnce() throws IOException {
    broken = true;
    Files.writeString(first, "longer");
    watched.poll();
    watched.poll();
    assertThat(readings).isEqualTo(2);
    assertThat(outcomes).containsExactly("half a file");
    broken = false;
    watched.poll();
    watched.poll();
    assertThat(readings).isEqualTo(3);
    assertThat(outcomes).containsExactly("half a file", "");
  }

  @Test
  void aMissingFileIsAChangeLikeAnother() throws IOException {
    broken = true;
    Files.delete(first);
    watched.poll();
    assertThat(outcomes).hasSize(1);
  }
}
