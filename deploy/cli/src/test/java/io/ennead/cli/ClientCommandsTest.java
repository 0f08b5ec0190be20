package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.GenerateRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClientCommandsTest {
  private FakeRouter router;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
  }

  @AfterEach
  void close() {
    router.close();
  }

  @Test
  void generateStreamsTextToStdoutAndFiguresToStderr() {
    CliRun run =
        CliRun.of("generate", "--addr", router.address(), "--prompt", "x", "--max-tokens", "3");
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("wörd wörd wörd \n");
    assertThat(run.err().strip())
        .isEqualTo(
            "3 tokens in 0.50 s (6.0 tokens/s), first token after 250 ms,"
                + " seed 18446744073709551615, ended by length");
  }

  @Test
  void flagsThatAreNotGivenAreNotSent() {
    CliRun.of("generate", "--addr", router.address(), "--prompt", "x");
    GenerateRequest sent = router.requests.get(0);
    assertThat(sent.getText()).isEqualTo("x");
    assertThat(sent.getSampling().getAllFields()).isEmpty();
    assertThat(sent.getRouting().getAllFields()).isEmpty();
    assertThat(sent.hasLogprobs()).isFalse();
  }

  @Test
  void everyFlagArrivesInItsField() {
    CliRun.of(
        ("generate --addr "
                + router.address()
                + " --prompt x --max-tokens 5 --temperature 0"
                + " --top-k 4 --top-p 0.9 --min-p 0.1 --seed 18446744073709551615 --stop a --stop b"
                + " --routing-temperature inf --logprobs 2")
            .split(" "));
    GenerateRequest sent = router.requests.get(0);
    assertThat(sent.getSampling().getTemperature()).isZero();
    assertThat(sent.getSampling().hasTemperature()).isTrue();
    assertThat(sent.getSampling().getTopK()).isEqualTo(4);
    assertThat(sent.getSampling().getTopP()).isEqualTo(0.9);
    assertThat(sent.getSampling().getMinP()).isEqualTo(0.1);
    assertThat(sent.getSampling().getSeed()).isEqualTo(-1);
    assertThat(sent.getStopping().getMaxTokens()).isEqualTo(5);
    assertThat(sent.getStopping().getStopList()).containsExactly("a", "b");
    assertThat(sent.getRouting().getTemperature()).isInfinite();
    assertThat(sent.getLogprobs()).isEqualTo(2);
  }

  @Test
  void jsonHasOnePieceOnEachLine() {
    CliRun run =
        CliRun.of(
            "generate", "--addr", router.address(), "--prompt", "x", "--max-tokens", "2", "--json");
    assertThat(run.out().lines()).hasSize(3).allMatch(line -> line.startsWith("{"));
    assertThat(run.err()).isEmpty();
  }

  @Test
  void logprobsFollowTheText() {
    CliRun run =
        CliRun.of(
            "generate",
            "--addr",
            router.address(),
            "--prompt",
            "x",
            "--max-tokens",
            "1",
            "--logprobs",
            "0");
    assertThat(run.out().lines())
        .containsExactly("wörd ", "id  logprob  alternatives", "0   -0.5000  ");
  }

  @Test
  void benchHasALinePerLevelAndOneForLongPrompts() {
    CliRun run =
        CliRun.of(
            ("bench --streams 1,3 --tokens 4 --prompts 2 --prompt-tokens 8 --runs 1 --addr "
                    + router.address())
                .split(" "));
    assertThat(run.err()).isEmpty();
    assertThat(
            run.out().lines().map(line -> line.replaceAll(" +", " ").replaceAll(" \\d+\\.\\d", "")))
        .containsExactly(
            "phase streams tokens/s first-token-ms", "decode 1", "decode 3", "prefill 2");
  }

  @Test
  void healthHasTheExitCodesOfGrpcHealthProbe() {
    assertThat(CliRun.of("health", "-addr", router.address()))
        .isEqualTo(new CliRun(0, "status: SERVING\n", ""));
    assertThat(CliRun.of("health", "-addr", router.address(), "-rpc-timeout", "soon").code())
        .isEqualTo(1);
    assertThat(CliRun.of("health", "-addr", router.address(), "-service", "nobody").code())
        .isEqualTo(3);
    assertThat(CliRun.of("health", "-addr", router.address(), "-service", "stopped"))
        .isEqualTo(new CliRun(4, "status: NOT_SERVING\n", ""));
    String address = router.address();
    router.close();
    assertThat(CliRun.of("health", "-addr", address, "-connect-timeout", "100ms").code())
        .isEqualTo(2);
  }

  @Test
  void aRouterThatIsNotThereIsOneLineAndExitCodeOne() {
    String address = router.address();
    router.close();
    CliRun run = CliRun.of("generate", "--addr", address, "--prompt", "x");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(address);
  }
}
