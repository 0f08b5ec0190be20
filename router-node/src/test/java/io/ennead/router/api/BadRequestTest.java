package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_PROMPT_TOO_LONG;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.moe.CombinedRows;
import io.ennead.v1.Chat;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenizeRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each bad request is refused by the name of its field, and the channel goes on working. */
@Timeout(30)
class BadRequestTest {
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
                    request.prompt().length,
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
                    new FakeScorer(ApiFixture.VOCABULARY),
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
  void conversationIsRefusedByAModelWithoutChatTemplate() {
    Chat chat =
        Chat.newBuilder()
            .addMessages(ChatMessage.newBuilder().setRole("user").setContent("Hi"))
            .build();
    assertFails(
        () -> stub.generate(GenerateRequest.newBuilder().setChat(chat).build()).hasNext(),
        ERROR_REASON_INVALID_FIELD,
        "chat",
        "a conversation (expected: text or token_ids: the model has no chat template)");
    assertFails(
        () -> stub.tokenize(TokenizeRequest.newBuilder().setChat(Chat.newBuilder()).build()),
        ERROR_REASON_INVALID_FIELD,
        "chat.messages",
        "empty (expected: at least one message)");
  }

  @Test
  void tokenizeTakesAMebibyteOfUtf8AndNoMore() {
    String mebibyte = "é".repeat(1 << 19);
    assertThat(stub.tokenize(TokenizeRequest.newBuilder().setText(mebibyte).build()).getIdsCount())
        .isEqualTo((1 << 20) + 1);
    assertFails(
        () -> stub.tokenize(TokenizeRequest.newBuilder().setText(mebibyte + "a").build()),
        ERROR_REASON_INVALID_FIELD,
        "text",
        "1048577 bytes of UTF-8 (expected: at most 1048576)");
  }

  static Stream<Arguments> badRequests() {
    return Stream.of(
        bad(GenerateRequest.newBuilder(), "prompt", "not set"),
        bad(ids(), "token_ids.ids", "empty"),
        bad(
            ids(1, 2, 3, 257),
            ERROR_REASON_TOKEN_OUT_OF_RANGE,
            "token_ids.ids[3]",
            "257 (expected: 0 to 256)"),
        bad(ids(-1), ERROR_REASON_TOKEN_OUT_OF_RANGE, "token_ids.ids[0]", "4294967295"),
        bad(
            text("a".repeat(31)),
            ERROR_REASON_PROMPT_TOO_LONG,
            "prompt",
            "32 tokens (expected: at most 31"),
        bad(
            text("a".repeat(373)),
            ERROR_REASON_PROMPT_TOO_LONG,
            "prompt",
            "373 bytes of UTF-8 (expected: at most 372 bytes"),
        bad(sampling().setTemperature(Double.NaN), "sampling.temperature", "NaN"),
        bad(sampling().setTopP(0), "sampling.top_p", "0.0"),
        bad(sampling().setTopP(1.5), "sampling.top_p", "1.5"),
        bad(sampling().setMinP(-0.5), "sampling.min_p", "-0.5"),
        bad(sampling().setMinP(Double.NaN), "sampling.min_p", "NaN"),
        bad(stopping().setMaxTokens(4).setMinTokens(5), "stopping.min_tokens", "5 (expected: at"),
        bad(stopping().setMinTokens(-1), "stopping.min_tokens", "4294967295 (expected: at most"),
        bad(stopping().setMaxTokens(0), "stopping.max_tokens", "0"),
        bad(stopping().setMaxTokens(31), "stopping.max_tokens", "31 (expected: 1 to 30"),
        bad(stopping().setMaxTokens(-1), "stopping.max_tokens", "4294967295"),
        bad(stopping().addStop("a").addStop(""), "stopping.stop[1]", "\"\""),
        bad(
            stopping().addAllStop(Collections.nCopies(17, "x")),
            "stopping.stop",
            "17 strings (expected: at most 16)"),
        bad(routing().setTemperature(Double.NaN), "routing.temperature", "NaN"),
        bad(routing().setExpertsPerToken(0), "routing.experts_per_token", "0 (expected: 1 to 4)"),
        bad(routing().setExpertsPerToken(5), "routing.experts_per_token", "5 (expected: 1 to 4)"),
        bad(routing().setModeValue(77), "routing.mode", "77"),
        bad(text("a").setN(4), "n", "4 (expected: 1 to 3)"),
        bad(text("a").setN(0), "n", "0 (expected: 1 to 3)"),
        bad(text("a").setLogprobs(21), "logprobs", "21 (expected: at most 20)"));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void isRefusedByFieldAndTheNextCallSucceeds(
      GenerateRequest request, ErrorReason reason, String field, String message) {
    assertFails(() -> Lists.newArrayList(stub.generate(request)), reason, field, message);
    assertThat(generator.request).isNull();
    assertThat(Lists.newArrayList(stub.generate(text("a").build()))).hasSize(1);
  }

  @Test
  void detokenizingChecksItsIds() {
    assertFails(
        () -> stub.detokenize(DetokenizeRequest.newBuilder().addIds(1).addIds(999).build()),
        ERROR_REASON_TOKEN_OUT_OF_RANGE,
        "ids[1]",
        "999");
    assertThat(stub.detokenize(DetokenizeRequest.newBuilder().addIds('x').build()).getText())
        .isEqualTo("x");
  }

  private static Arguments bad(GenerateRequest.Builder request, String field, String message) {
    return bad(request, ERROR_REASON_INVALID_FIELD, field, message);
  }

  private static Arguments bad(SamplingOptions.Builder options, String field, String message) {
    return bad(text("a").setSampling(options), field, message);
  }

  private static Arguments bad(StoppingOptions.Builder options, String field, String message) {
    return bad(text("a").setStopping(options), field, message);
  }

  private static Arguments bad(RoutingOptions.Builder options, String field, String message) {
    return bad(text("a").setRouting(options), field, message);
  }

  private static Arguments bad(
      GenerateRequest.Builder request, ErrorReason reason, String field, String message) {
    return Arguments.of(request.build(), reason, field, message);
  }

  private static GenerateRequest.Builder text(String text) {
    return GenerateRequest.newBuilder().setText(text);
  }

  private static GenerateRequest.Builder ids(int... ids) {
    return GenerateRequest.newBuilder().setTokenIds(tokenIds(ids));
  }

  private static TokenIds tokenIds(int... ids) {
    TokenIds.Builder builder = TokenIds.newBuilder();
    for (int id : ids) {
      builder.addIds(id);
    }
    return builder.build();
  }

  private static SamplingOptions.Builder sampling() {
    return SamplingOptions.newBuilder();
  }

  private static StoppingOptions.Builder stopping() {
    return StoppingOptions.newBuilder();
  }

  private static RoutingOptions.Builder routing() {
    return RoutingOptions.newBuilder();
  }
}
