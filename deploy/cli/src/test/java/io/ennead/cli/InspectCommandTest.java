package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

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
    assertThat(out).contains("\nall " + number(DENSE + 8 * EXPERT) + " 18.2 MB");
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

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
