package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.Dry;
import io.ennead.v1.EntropyTemperature;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.LayerTemperature;
import io.ennead.v1.Mirostat;
import io.ennead.v1.PeriodicTemperature;
import io.ennead.v1.PiecewiseTemperature;
import io.ennead.v1.Priority;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingWeights;
import io.ennead.v1.Sampler;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.TemperatureStep;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.Xtc;
import java.util.ArrayList;
import java.util.List;
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
                + " --routing-temperature inf --logprobs 2 --priority low")
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
    assertThat(sent.getPriority()).isEqualTo(Priority.PRIORITY_LOW);
  }

  @Test
  void everySamplingFlagArrivesInItsField() {
    CliRun.of(
        ("generate --addr "
                + router.address()
                + " --prompt x --temperature -0.5 --typical-p 0.8 --top-n-sigma 1.5 --xtc 0.5,0.1"
                + " --mirostat 4,0.2 --dry 0.8,1.5,3 --repetition-penalty 1.1"
                + " --frequency-penalty -0.25 --presence-penalty 0.5 --penalty-last-n 64"
                + " --logit-bias 5=-inf --logit-bias 6=2 --allow-token 7 --allow-token 8"
                + " --bad-word no --bad-word never --min-tokens 2 --samplers top_k,xtc,min-p"
                + " --temperature-steps 0=1,5=-inf")
            .split(" "));
    SamplingOptions expected =
        SamplingOptions.newBuilder()
            .setTemperature(-0.5)
            .setTypicalP(0.8)
            .setTopNSigma(1.5)
            .setXtc(Xtc.newBuilder().setProbability(0.5).setThreshold(0.1))
            .setMirostat(Mirostat.newBuilder().setTau(4).setEta(0.2))
            .setDry(Dry.newBuilder().setMultiplier(0.8).setBase(1.5).setAllowedLength(3))
            .setRepetitionPenalty(1.1)
            .setFrequencyPenalty(-0.25)
            .setPresencePenalty(0.5)
            .setPenaltyLastN(64)
            .putLogitBias(5, Double.NEGATIVE_INFINITY)
            .putLogitBias(6, 2)
            .setAllowedTokens(TokenIds.newBuilder().addIds(7).addIds(8))
            .addBadWords("no")
            .addBadWords("never")
            .addOrder(Sampler.SAMPLER_TOP_K)
            .addOrder(Sampler.SAMPLER_XTC)
            .addOrder(Sampler.SAMPLER_MIN_P)
            .setPiecewiseTemperature(
                PiecewiseTemperature.newBuilder()
                    .addSteps(TemperatureStep.newBuilder().setFrom(0).setTemperature(1))
                    .addSteps(
                        TemperatureStep.newBuilder()
                            .setFrom(5)
                            .setTemperature(Double.NEGATIVE_INFINITY)))
            .build();
    assertThat(router.requests.get(0).getSampling()).isEqualTo(expected);
    assertThat(router.requests.get(0).getStopping().getMinTokens()).isEqualTo(2);
  }

  @Test
  void flagsOfSeveralNumbersMayLeaveTheLastOnesOut() {
    assertThat(sampling("--mirostat", "--top-k", "3").getMirostat())
        .isEqualTo(Mirostat.getDefaultInstance());
    assertThat(sampling("--mirostat", "4").getMirostat().hasEta()).isFalse();
    assertThat(sampling("--dry", "2").getDry())
        .isEqualTo(Dry.newBuilder().setMultiplier(2).build());
    assertThat(sampling("--dynatemp", "0.5").getEntropyTemperature())
        .isEqualTo(EntropyTemperature.newBuilder().setRange(0.5).build());
    assertThat(sampling("--dynatemp", "0.5,2").getEntropyTemperature().getExponent()).isEqualTo(2);
    assertThat(sampling("--temperature-every", "4=-1").getPeriodicTemperature())
        .isEqualTo(PeriodicTemperature.newBuilder().setEvery(4).setTemperature(-1).build());
  }

  @Test
  void aSamplingFlagThatCannotBeReadSaysWhatWasExpected() {
    assertRefused("0.5 (expected: P,T)", "--xtc", "0.5");
    assertRefused("1,2,3 (expected: TAU or TAU,ETA)", "--mirostat", "1,2,3");
    assertRefused("x (expected: a number or inf)", "--dry", "x");
    assertRefused("1.5 (expected: a whole number)", "--dry", "1,2,1.5");
    assertRefused("5 (expected: FROM=T,...)", "--temperature-steps", "0=1,5");
    assertRefused("4 (expected: N=T)", "--temperature-every", "4");
    assertRefused("top (expected: top_n_sigma, temperature, top_k", "--samplers", "top_k,top");
    assertRefused("a (expected: a whole number)", "--allow-token", "a");
    assertRefused(
        "give one of --dynatemp, --temperature-steps and --temperature-every",
        "--dynatemp",
        "1",
        "--temperature-every",
        "2=1");
  }

  private void assertRefused(String message, String... flags) {
    CliRun run = generate(flags);
    assertThat(run.code()).as(message).isNotZero();
    assertThat(run.err()).contains(message);
    assertThat(router.requests).isEmpty();
  }

  private SamplingOptions sampling(String... flags) {
    assertThat(generate(flags).code()).isZero();
    return router.requests.get(router.requests.size() - 1).getSampling();
  }

  private CliRun generate(String... flags) {
    List<String> line =
        new ArrayList<>(List.of("generate", "--addr", router.address(), "--prompt", "x"));
    line.addAll(List.of(flags));
    return CliRun.of(line.toArray(String[]::new));
  }

  @Test
  void everyRoutingFlagReachesTheRequest() {
    generate(
        ("--routing-temperature -2 --routing-mode sampled --experts-per-token 3 --routing-seed 7"
                + " --exclude-expert 4 --exclude-expert 1:2 --routing-min-p 0.25"
                + " --routing-weights uniform --routing-mass literal --layer-temperature 2=inf"
                + " --routing-layers 1,2")
            .split(" "));
    assertThat(router.requests.get(0).getRouting())
        .isEqualTo(
            RoutingOptions.newBuilder()
                .setTemperature(-2)
                .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
                .setExpertsPerToken(3)
                .setSeed(7)
                .addExcluded(ExcludedExpert.newBuilder().setExpert(4))
                .addExcluded(ExcludedExpert.newBuilder().setLayer(1).setExpert(2))
                .setMinP(0.25)
                .setWeights(RoutingWeights.ROUTING_WEIGHTS_UNIFORM)
                .setMass(RoutingMass.ROUTING_MASS_LITERAL)
                .addLayerTemperatures(
                    LayerTemperature.newBuilder()
                        .setLayer(2)
                        .setTemperature(Double.POSITIVE_INFINITY))
                .addLayers(1)
                .addLayers(2)
                .build());
    assertRefusedFlag("--layer-temperature", "2", "expected: a layer and its temperature");
    assertRefusedFlag("--routing-layers", "x", "expected: at least 0");
    assertRefusedFlag("--routing-mode", "best", "best");
  }

  private void assertRefusedFlag(String flag, String value, String message) {
    CliRun run = generate(flag, value);
    assertThat(run.code()).as(flag).isEqualTo(2);
    assertThat(run.err()).contains(flag).contains(message);
  }

  @Test
  void aTracesSummaryIsATableOfTheLayers() {
    CliRun run = generate("--max-tokens", "3", "--trace", "summary");
    assertThat(run.out())
        .contains("layer  entropy  of max  top-1  e0")
        .contains("entropy of the gate");
    assertThat(router.requests.get(0).getTrace().getLevel())
        .isEqualTo(TraceLevel.TRACE_LEVEL_SUMMARY);
  }

  @Test
  void severalContinuationsAreShownWhenTheyAreDone() {
    CliRun run = generate("--max-tokens", "2", "--continuations", "2");
    assertThat(run.out()).isEqualTo("[0] wörd wörd \n");
    assertThat(router.requests.get(0).getN()).isEqualTo(2);
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
        .containsExactly("wörd ", "id  logprob  sampled  alternatives", "0   -0.5000  -0.2500  ");
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
        .endsWith("phase streams tokens/s first-token-ms", "decode 1", "decode 3", "prefill 2");
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
