package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackCommandTest {
  @TempDir private Path packs;

  private CliRun create(String... more) {
    String[] args = new String[6 + more.length];
    System.arraycopy(
        new String[] {"pack", "create", "--name", "twin", "--packs", packs.toString()},
        0,
        args,
        0,
        6);
    System.arraycopy(more, 0, args, 6, more.length);
    return CliRun.of(args);
  }

  @Test
  void copiesAreWrittenAndInspected() {
    CliRun run = create("--copy", "0/5", "--copy", "2/3");
    assertThat(run.code()).as(run.err()).isZero();
    CliRun seen = CliRun.of("inspect", packs.resolve("twin@1").toString());
    assertThat(seen.code()).as(seen.err()).isZero();
    assertThat(seen.out())
        .startsWith(run.out())
        .contains("twin@1", "1 in each of layers 0,2, width 384, BF16", "size");
  }

  @Test
  void whatIsNotThereIsNotCopied() {
    assertThat(create("--copy", "8").err()).contains("--copy: 8 (expected: experts below 8)");
    assertThat(create("--copy", "4/1").err()).contains("--copy: 4/1 (expected: layers of [0, 1");
    assertThat(create("--copy", "1", "--copy", "0/2").err()).contains("each layer once");
  }
}
