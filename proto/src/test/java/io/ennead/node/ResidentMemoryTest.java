package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentMemoryTest {
  @TempDir private Path directory;

  @Test
  void kilobytesAreReadAsBytes() throws IOException {
    Path status = directory.resolve("status");
    Files.writeString(status, "Name:\tjava\nVmHWM:\t  99 kB\nVmRSS:\t  1536 kB\nThreads:\t7\n");

    assertThat(ResidentMemory.read(status)).hasValue(1536 * 1024);
  }

  @Test
  void whatTheSystemDoesNotTellIsEmpty() throws IOException {
    Path status = directory.resolve("status");
    Files.writeString(status, "Name:\tjava\n");

    assertThat(ResidentMemory.read(status)).isEmpty();
    assertThat(ResidentMemory.read(directory.resolve("none"))).isEmpty();
  }
}
