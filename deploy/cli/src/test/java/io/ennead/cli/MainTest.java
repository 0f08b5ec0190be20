package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class MainTest {

  @Test
  void withoutACommandTheUsageIsShownAndTheExitCodeIsTwo() {
    CliRun run = CliRun.of();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).startsWith("Usage: ennead").contains("local", "cluster", "generate");
  }

  @Test
  void anUnknownFlagIsWrongUsageWithASuggestion() {
    CliRun run = CliRun.of("generate", "--max-token", "3");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("--max-token")
        .contains("--max-tokens")
        .contains("generate --help");
  }

  @Test
  void everyCommandButTheNodesShowsItsOwnHelp() {
    CliRun run = CliRun.of("cluster", "up", "--help");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("--run-dir", "--base-port", "--nodes");
  }

  @Test
  void helpOfANodeShowsItsSettings() {
    assertThat(CliRun.of("router", "--help").out())
        .contains("--expert-nodes", "ENNEAD_EXPERT_NODES");
    assertThat(CliRun.of("expert", "--help").out()).contains("--experts", "ENNEAD_EXPERTS");
  }

  @Test
  void configPrintShowsFlagsAndDefaults() {
    CliRun run = CliRun.of("config", "print", "expert", "--model", "/m", "--experts", "0-3");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("model: \"/m\"", "experts: \"0-3\"", "threads:");
  }

  @Test
  void configPrintShowsItsHelpWithAndWithoutANode() {
    for (CliRun run :
        List.of(
            CliRun.of("config", "print", "--help"),
            CliRun.of("config", "print", "router", "--help"))) {
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(run.out())
          .startsWith("Usage: ennead config print")
          .contains("ennead expert --help");
    }
  }

  @Test
  void countsBelowOneAreWrongUsage() {
    for (String flag : List.of("--runs", "--streams", "--tokens", "--prompts", "--prompt-tokens")) {
      CliRun run = CliRun.of("bench", flag, "0");
      assertThat(run.code()).as(flag).isEqualTo(2);
      assertThat(run.err()).contains(flag + ": 0 (expected: at least 1)");
    }
  }

  @Test
  void configPrintRefusesAnUnknownSettingAsWrongUsage() {
    CliRun run = CliRun.of("config", "print", "router", "--max-batches", "3");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--max-batches").contains("--max-batch");
  }

  @Test
  void aPortInUseIsOneLineThatNamesIt() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      CliRun run = CliRun.of("local", "--exit", "--base-port", Integer.toString(port));
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.err().lines()).hasSize(1);
      assertThat(run.err()).containsOnlyOnce("--base-port").contains(Integer.toString(port));
    }
  }

  @Test
  void stackTracesAreShownOnlyWhenAskedFor() {
    assertThat(CliRun.of("inspect", "/nowhere").err().lines()).hasSize(1);
    assertThat(CliRun.of("inspect", "/nowhere", "--verbose").err()).contains("\tat io.ennead");
  }
}
