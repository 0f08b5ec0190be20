package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.sample.SamplerKind;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Temperature;
import io.ennead.router.sample.TemperatureSchedule;
import io.ennead.router.sample.TokenConstraints;
import io.ennead.router.sample.Truncation;
import io.ennead.v1.Dry;
import io.ennead.v1.DryBreakers;
import io.ennead.v1.EntropyTemperature;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.Mirostat;
import io.ennead.v1.PeriodicTemperature;
import io.ennead.v1.PiecewiseTemperature;
import io.ennead.v1.Sampler;
import io.ennead.v1.TemperatureStep;
import io.ennead.v1.TokenIds;
import io.ennead.v1.Xtc;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sampling options through the service, of a model whose defaults are T = 0.7 and top_p = 0.9. */
@Timeout(30)
class SamplingReaderTest {
  private static final double NAN = Double.NaN;

  private final FakeGenerator generator = new FakeGenerator();
  private ApiFixture fixture;
  private InferenceServiceBlockingStub stub;

  @BeforeEach
  void open() throws IOException {
    generator.behaviour =
        (request, sink) ->
            sink.finished(
                new FinishInfo(
                    0,
                    FinishInfo.Reason.EOS,
                    "",
                    1,
                    0,
                    1,
                    request.seed(),
                    0,
                    List.of(),
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Degraded.NONE));
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                ApiFixture.model(
                    generator,
                    job -> new CompletableFuture<>(),
                    (layer, phase, hidden, routing, scope, observer) ->
                        new CombinedRows(hidden, Map.of()))));
    fixture = new ApiFixture(new InferenceGrpcService(catalog, ApiFixture.readers(8), () -> 1));
    stub = InferenceServiceGrpc.newBlockingStub(fixture.channel());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
  }

  @Test
  void everyFieldArrives() {
    SamplingOptions read =
        read(
            options()
                .setTemperature(2)
                .setTopK(7)
                .setTopP(0.8)
                .setMinP(0.1)
                .setSeed(-3)
                .setTypicalP(0.7)
                .setTopNSigma(1.5)
                .setXtc(Xtc.newBuilder().setProbability(0.5).setThreshold(0.1))
                .setDry(
                    Dry.newBuilder()
                        .setMultiplier(0.8)
                        .setBase(2)
                        .setAllowedLength(3)
                        .setLastN(99)
                        .setBreakers(DryBreakers.newBuilder().addTexts(";")))
                .setRepetitionPenalty(1.1)
                .setFrequencyPenalty(0.25)
                .setPresencePenalty(-0.5)
                .setPenaltyLastN(64)
                .putLogitBias(3, -1.5)
                .putLogitBias(4, Double.NEGATIVE_INFINITY)
                .setAllowedTokens(TokenIds.newBuilder().addIds(3).addIds(256))
                .addBadWords("no")
                .setPeriodicTemperature(
                    PeriodicTemperature.newBuilder().setEvery(4).setTemperature(9))
                .addOrder(Sampler.SAMPLER_XTC)
                .addOrder(Sampler.SAMPLER_MIN_P)
                .addOrder(Sampler.SAMPLER_TOP_P)
                .addOrder(Sampler.SAMPLER_TYPICAL_P)
                .addOrder(Sampler.SAMPLER_TOP_K)
                .addOrder(Sampler.SAMPLER_TEMPERATURE)
                .addOrder(Sampler.SAMPLER_TOP_N_SIGMA));
    assertThat(read)
        .isEqualTo(
            new SamplingOptions(
                new Temperature(2, new TemperatureSchedule.Periodic(4, 9)),
                new Truncation(7, 0.8, 0.1, 0.7, 1.5, Optional.of(new Truncation.Xtc(0.5, 0.1))),
                Optional.empty(),
                new io.ennead.router.sample.Penalties(1.1, 0.25, -0.5, 64),
                Optional.of(new io.ennead.router.sample.Dry(0.8, 2, 3, 99, List.of(";"))),
                new TokenConstraints(
                    Map.of(3, -1.5, 4, Double.NEGATIVE_INFINITY),
                    Set.of(3, 256),
                    List.of(
                        List.of((int) 'n', (int) 'o'), List.of((int) ' ', (int) 'n', (int) 'o'))),
                List.of(
                    SamplerKind.XTC,
                    SamplerKind.MIN_P,
                    SamplerKind.TOP_P,
                    SamplerKind.TYPICAL_P,
                    SamplerKind.TOP_K,
                    SamplerKind.TEMPERATURE,
                    SamplerKind.TOP_N_SIGMA),
                OptionalLong.of(-3)));
  }

  @Test
  void partsTakeTheirOwnDefaults() {
    assertThat(read(options().setMirostat(Mirostat.getDefaultInstance())).mirostat())
        .contains(new io.ennead.router.sample.Mirostat(5, 0.1));
    assertThat(read(options().setDry(Dry.newBuilder().setMultiplier(1))).dry())
        .contains(new io.ennead.router.sample.Dry(1, 1.75, 2, 0, List.of("\n", ":", "\"", "*")));
    assertThat(
            read(options()
                    .setDry(
                        Dry.newBuilder()
                            .setMultiplier(1)
                            .setBreakers(DryBreakers.getDefaultInstance())))
                .dry()
                .orElseThrow()
                .breakers())
        .isEmpty();
    assertThat(
            read(options().setEntropyTemperature(EntropyTemperature.newBuilder().setRange(0.2)))
                .temperature())
        .isEqualTo(new Temperature(0.7, new TemperatureSchedule.ByEntropy(0.2, 1)));
    assertThat(
            read(options()
                    .setPiecewiseTemperature(
                        PiecewiseTemperature.newBuilder().addSteps(step(5, -0.0001)))
                    .setTopP(1))
                .temperature())
        .isEqualTo(
            new Temperature(
                0.7,
                new TemperatureSchedule.Piecewise(
                    List.of(new TemperatureSchedule.Step(5, -0.0001)))));
  }

  @Test
  void aDefaultThatCannotBeCombinedIsLeftOut() {
    assertThat(read(options()).truncation().topP()).isEqualTo(0.9);
    assertThat(read(options().setTemperature(-1)).truncation()).isEqualTo(Truncation.NONE);
    assertThat(
            read(options()
                    .setTemperature(-1)
                    .addOrder(Sampler.SAMPLER_TOP_P)
                    .addOrder(Sampler.SAMPLER_TEMPERATURE))
                .truncation()
                .topP())
        .isEqualTo(0.9);
    assertThat(read(options().setMirostat(Mirostat.getDefaultInstance())).truncation())
        .isEqualTo(Truncation.NONE);
    SamplingOptions topKAlone = read(options().setTopK(3).addOrder(Sampler.SAMPLER_TOP_K));
    assertThat(topKAlone.temperature()).isEqualTo(Temperature.ONE);
    assertThat(topKAlone.truncation()).isEqualTo(Truncation.NONE.withTopK(3));
  }

  static Stream<Arguments> badOptions() {
    Dry.Builder dry = Dry.newBuilder().setMultiplier(1);
    return Stream.of(
        bad(options().setTemperature(NAN), "temperature", "NaN (expected: a number"),
        bad(options().setTypicalP(0), "typical_p", "0.0 (expected: more than 0, at most 1)"),
        bad(options().setTypicalP(NAN), "typical_p", "NaN"),
        bad(options().setTopNSigma(-1), "top_n_sigma", "-1.0 (expected: at least 0)"),
        bad(options().setTopNSigma(NAN), "top_n_sigma", "NaN"),
        bad(options().setXtc(Xtc.newBuilder().setProbability(2)), "xtc.probability", "2.0"),
        bad(options().setXtc(Xtc.newBuilder().setProbability(1)), "xtc.threshold", "0.0"),
        bad(options().setMirostat(Mirostat.newBuilder().setTau(0)), "mirostat.tau", "0.0"),
        bad(options().setMirostat(Mirostat.newBuilder().setEta(2)), "mirostat.eta", "2.0"),
        bad(options().setDry(Dry.newBuilder().setMultiplier(-1)), "dry.multiplier", "-1.0"),
        bad(options().setDry(dry.clone().setBase(0.5)), "dry.base", "0.5"),
        bad(options().setDry(dry.clone().setAllowedLength(0)), "dry.allowed_length", "0"),
        bad(options().setDry(dry.clone().setAllowedLength(-1)), "dry.allowed_length", "2147483647"),
        bad(
            options().setDry(dry.clone().setBreakers(DryBreakers.newBuilder().addTexts(""))),
            "dry.breakers.texts[0]",
            "\"\""),
        bad(options().setRepetitionPenalty(0), "repetition_penalty", "0.0"),
        bad(options().setRepetitionPenalty(NAN), "repetition_penalty", "NaN"),
        bad(options().setFrequencyPenalty(2.5), "frequency_penalty", "2.5 (expected: -2 to 2)"),
        bad(options().setPresencePenalty(NAN), "presence_penalty", "NaN (expected: -2 to 2)"),
        bad(options().putLogitBias(3, NAN), "logit_bias[3]", "NaN (expected: a finite number"),
        bad(options().putLogitBias(3, Double.POSITIVE_INFINITY), "logit_bias[3]", "Infinity"),
        bad(
            options().setAllowedTokens(TokenIds.getDefaultInstance()),
            "allowed_tokens.ids",
            "empty (expected: at least one id)"),
        bad(
            options().addBadWords("a").addBadWords(""),
            "bad_words[1]",
            "\"\" (expected: 1 to 1024"),
        bad(options().addBadWords("é".repeat(513)), "bad_words[0]", "expected: 1 to 1024 bytes"),
        bad(
            options().addAllBadWords(Collections.nCopies(257, "a")),
            "bad_words",
            "257 texts (expected: at most 256)"),
        bad(
            options().setEntropyTemperature(EntropyTemperature.newBuilder().setRange(-1)),
            "entropy_temperature.range",
            "-1.0"),
        bad(
            options()
                .setTemperature(-1)
                .setEntropyTemperature(EntropyTemperature.newBuilder().setRange(1)),
            "temperature",
            "-1.0 (expected: at least 0 and finite"),
        bad(
            options().setPiecewiseTemperature(PiecewiseTemperature.getDefaultInstance()),
            "piecewise_temperature.steps",
            "0 steps"),
        bad(
            options()
                .setPiecewiseTemperature(
                    PiecewiseTemperature.newBuilder().addSteps(step(4, 1)).addSteps(step(2, 1))),
            "piecewise_temperature.steps[1].from",
            "2 (expected: at least 5, ascending)"),
        bad(
            options()
                .setPiecewiseTemperature(
                    PiecewiseTemperature.newBuilder().addSteps(step(-1, 1)).addSteps(step(0, 1))),
            "piecewise_temperature.steps[1].from",
            "0 (expected: at least 2147483648, ascending)"),
        bad(
            options().setPeriodicTemperature(PeriodicTemperature.newBuilder().setTemperature(1)),
            "periodic_temperature.every",
            "0"),
        bad(
            options().addOrder(Sampler.SAMPLER_UNSPECIFIED),
            "order",
            "sampler 0 (expected: samplers that"),
        bad(
            options().addAllOrderValue(Collections.nCopies(8, 1)),
            "order",
            "8 samplers (expected: each of the 7 at most once)"),
        bad(options().addOrderValue(99), "order", "sampler 99 (expected: samplers that"),
        bad(
            options().addOrder(Sampler.SAMPLER_TOP_K).addOrder(Sampler.SAMPLER_TOP_K),
            "order",
            "[TOP_K, TOP_K] (expected: each sampler at most once)"),
        bad(
            options().setMinP(0.1).addOrder(Sampler.SAMPLER_TOP_K),
            "order",
            "[TOP_K] (expected: MIN_P too, for min_p is set)"),
        bad(
            options().setTemperature(2).addOrder(Sampler.SAMPLER_TOP_K),
            "order",
            "[TOP_K] (expected: TEMPERATURE too, for temperature is set)"),
        bad(options().setTemperature(-1).setTopP(0.5), "top_p", "0.5 (expected: off, or before"),
        bad(options().setTemperature(-1).setTopK(3), "top_k", "3"),
        bad(
            options().setTemperature(-1).setMirostat(Mirostat.getDefaultInstance()),
            "mirostat",
            "expected: absent beside a negative temperature"),
        bad(
            options().setMirostat(Mirostat.getDefaultInstance()).setMinP(0.5),
            "min_p",
            "0.5 (expected: off beside mirostat)"));
  }

  @ParameterizedTest
  @MethodSource("badOptions")
  void isRefusedByFieldValueAndExpectation(
      io.ennead.v1.SamplingOptions.Builder options, String field, String message) {
    refused(options, ERROR_REASON_INVALID_FIELD, field, message);
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    refused(
        options().putLogitBias(257, 1),
        ERROR_REASON_TOKEN_OUT_OF_RANGE,
        "logit_bias[257]",
        "257 (expected: 0 to 256)");
    refused(
        options().setAllowedTokens(TokenIds.newBuilder().addIds(3).addIds(-1)),
        ERROR_REASON_TOKEN_OUT_OF_RANGE,
        "allowed_tokens.ids[1]",
        "4294967295 (expected: 0 to 256)");
  }

  private void refused(
      io.ennead.v1.SamplingOptions.Builder options,
      ErrorReason reason,
      String field,
      String message) {
    GenerateRequest request =
        GenerateRequest.newBuilder().setText("a").setSampling(options).build();
    assertFails(
        () -> Lists.newArrayList(stub.generate(request)), reason, "sampling." + field, message);
    assertThat(generator.request).isNull();
  }

  private SamplingOptions read(io.ennead.v1.SamplingOptions.Builder options) {
    GenerateRequest request =
        GenerateRequest.newBuilder().setText("a").setSampling(options).build();
    assertThat(Lists.newArrayList(stub.generate(request))).hasSize(1);
    return generator.request.sampling();
  }

  private static TemperatureStep step(int from, double temperature) {
    return TemperatureStep.newBuilder().setFrom(from).setTemperature(temperature).build();
  }

  private static io.ennead.v1.SamplingOptions.Builder options() {
    return io.ennead.v1.SamplingOptions.newBuilder();
  }

  private static Arguments bad(
      io.ennead.v1.SamplingOptions.Builder options, String field, String message) {
    return Arguments.of(options, field, message);
  }
}
