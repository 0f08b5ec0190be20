package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_PROMPT_TOO_LONG;
import static io.ennead.v1.ErrorReason.ERROR_REASON_READER_STALLED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.sample.LogitRow;
import io.ennead.router.sample.SoftLabel;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.TokenIds;
import io.ennead.wire.TensorCodec;
import io.grpc.stub.ClientCallStreamObserver;
import java.io.IOException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** SoftLabels over gRPC, on a model of hashes. */
@Timeout(30)
class SoftLabelsServiceTest {
  private static final int LONG = 20_000;

  private final FakeScorer scorer = new FakeScorer(ApiFixture.VOCABULARY);
  private final ServedModel model =
      ApiFixture.model(new FakeGenerator(), scorer, (l, p, h, r, s, o) -> null);
  private final SlowReaders readers = ApiFixture.readers(8, Duration.ofMillis(500));
  private final ApiFixture fixture = serve(model);
  private final ApiFixture longTexts = serve(ApiFixture.withContext(model, LONG));

  private ApiFixture serve(ServedModel served) {
    try {
      return new ApiFixture(
          new InferenceGrpcService(new ModelCatalog(List.of(served)), readers, () -> 5));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
    longTexts.close();
    readers.close();
  }

  @Test
  void topRowsAreThoseOfTheModel() {
    List<SoftLabelsResponse> responses =
        call(fixture, text("What?").setTop(3).setTemperature(2).build());
    assertThat(responses).hasSize(2);
    SoftLabelsResponse rows = responses.get(0);
    assertThat(rows.getPlace()).isEqualTo(1);
    assertThat(rows.getTokenIdsList())
        .containsExactly((int) 'W', (int) 'h', (int) 'a', (int) 't', (int) '?');
    assertThat(rows.getIds().getShapeList()).containsExactly(5L, 3L);
    assertThat(rows.getRemaining().getShapeList()).containsExactly(5L);
    int[] context = {256, 'W', 'h', 'a', 't'};
    int[] ids = new int[15];
    rows.getIds()
        .getData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asIntBuffer()
        .get(ids);
    float[] probabilities = TensorCodec.floats(rows.getProbabilities(), "probabilities");
    float[] remaining = TensorCodec.floats(rows.getRemaining(), "remaining");
    for (int row = 0; row < 5; row++) {
      SoftLabel expected = SoftLabel.top(at(Arrays.copyOf(context, row + 1), 0.5), 3);
      assertThat(Arrays.copyOfRange(ids, 3 * row, 3 * row + 3)).isEqualTo(expected.ids());
      assertThat(Arrays.copyOfRange(probabilities, 3 * row, 3 * row + 3))
          .isEqualTo(expected.probabilities());
      assertThat(remaining[row]).isEqualTo(expected.remaining());
    }
    assertThat(responses.get(1).getSummary().getRows()).isEqualTo(5);
    assertThat(responses.get(1).getSummary().getRoutingSeed()).isEqualTo(5);
    assertThat(responses.get(1).getSummary().getRowsPerSecond()).isPositive();
    assertThat(responses.get(1).getTokenIdsCount()).isZero();
  }

  @Test
  void wholeRowsComeInTheTypeAskedFor() {
    SoftLabelsResponse f32 =
        call(fixture, text("ab").setFull(DataType.DATA_TYPE_F32).build()).get(0);
    SoftLabelsResponse f16 =
        call(fixture, text("ab").setFull(DataType.DATA_TYPE_F16).build()).get(0);
    assertThat(f32.hasIds()).isFalse();
    assertThat(f32.hasRemaining()).isFalse();
    float[] second = SoftLabel.whole(at(new int[] {256, 'a'}, 1)).probabilities();
    int vocabulary = ApiFixture.VOCABULARY;
    assertThat(f32.getProbabilities().getShapeList()).containsExactly(2L, (long) vocabulary);
    assertThat(Arrays.copyOfRange(floats(f32), vocabulary, 2 * vocabulary)).isEqualTo(second);
    assertThat(f16.getProbabilities().getData().size()).isEqualTo(2 * 2 * vocabulary);
    float[] rounded =
        TensorCodec.floats(
            TensorCodec.encode(second, DataType.DATA_TYPE_F16, vocabulary), "probabilities");
    assertThat(Arrays.copyOfRange(floats(f16), vocabulary, 2 * vocabulary)).isEqualTo(rounded);
  }

  @ParameterizedTest
  @CsvSource({"DATA_TYPE_F32, 4", "DATA_TYPE_F16, 2"})
  void hiddenStatesComeWithTheirRows(DataType type, int bytes) {
    SoftLabelsResponse rows =
        call(fixture, text("ab").setTop(3).setHiddenStates(type).build()).get(0);
    assertThat(rows.getHiddenStates().getDataType()).isEqualTo(type);
    assertThat(rows.getHiddenStates().getShapeList()).containsExactly(2L, (long) ApiFixture.HIDDEN);
    assertThat(rows.getHiddenStates().getData().size()).isEqualTo(2 * ApiFixture.HIDDEN * bytes);
    float[] states = TensorCodec.floats(rows.getHiddenStates(), "hidden_states");
    float[] second = Arrays.copyOfRange(states, ApiFixture.HIDDEN, 2 * ApiFixture.HIDDEN);
    float[] expected = FakeScorer.hidden(new int[] {256, 'a'});
    assertThat(second)
        .isEqualTo(
            TensorCodec.floats(TensorCodec.encode(expected, type, expected.length), "expected"));
    assertThat(call(fixture, text("ab").setTop(3).build()).get(0).hasHiddenStates()).isFalse();
  }

  private static LogProbs at(int[] context, double inverse) {
    float[] logits = FakeScorer.logits(context, ApiFixture.VOCABULARY);
    return LogitRow.of(logits, 0, logits.length).at(inverse);
  }

  private static float[] floats(SoftLabelsResponse response) {
    return TensorCodec.floats(response.getProbabilities(), "probabilities");
  }

  @Test
  void aTextOfManyMessagesHasEveryRowOnceAndGoesOnAnywhere() {
    int length = 5000;
    SoftLabelsRequest.Builder text = longText(length).setHiddenStates(DataType.DATA_TYPE_F16);
    List<SoftLabelsResponse> all = call(longTexts, text.build());
    assertThat(all).hasSizeGreaterThan(3);
    int next = 1;
    for (SoftLabelsResponse response : all.subList(0, all.size() - 1)) {
      assertThat(response.getPlace()).isEqualTo(next);
      assertThat(response.getSerializedSize())
          .isLessThan(LabelReader.MAX_MESSAGE_BYTES + (LabelReader.MAX_MESSAGE_BYTES >> 5));
      next += response.getTokenIdsCount();
    }
    assertThat(next).isEqualTo(length);
    assertThat(all.get(all.size() - 1).getSummary().getRows()).isEqualTo(length - 1);
    // every pass has all of the text before its places as context
    assertThat(scorer.jobs).allMatch(job -> job.tokens()[0] == first(length));

    SoftLabelsResponse third = all.get(2);
    List<SoftLabelsResponse> resumed = call(longTexts, text.setFrom(third.getPlace()).build());
    assertThat(resumed.subList(0, resumed.size() - 1)).isEqualTo(all.subList(2, all.size() - 1));
  }

  @Test
  void hiddenStatesCountAsBytesOfAMessage() {
    SoftLabelsRequest.Builder text = longText(4500).setFull(DataType.DATA_TYPE_F16);
    assertThat(call(longTexts, text.build()).get(0).getTokenIdsCount())
        .isEqualTo(LabelReader.MAX_MESSAGE_BYTES / (2 * ApiFixture.VOCABULARY));
    text.setHiddenStates(DataType.DATA_TYPE_F32);
    assertThat(call(longTexts, text.build()).get(0).getTokenIdsCount())
        .isEqualTo(
            LabelReader.MAX_MESSAGE_BYTES / (2 * ApiFixture.VOCABULARY + 4 * ApiFixture.HIDDEN));
  }

  private static int first(int length) {
    return longText(length).getTokenIds().getIds(0);
  }

  private static SoftLabelsRequest.Builder longText(int length) {
    Random random = new Random(length);
    return ids(random.ints(length, 0, 256).toArray()).setFull(DataType.DATA_TYPE_F32);
  }

  @Test
  void aSingleTokenHasNoRows() {
    List<SoftLabelsResponse> responses = call(fixture, text("").setTop(1).build());
    assertThat(responses).hasSize(1);
    assertThat(responses.get(0).getSummary().getRows()).isZero();
    assertThat(responses.get(0).getSummary().getRowsPerSecond()).isZero();
  }

  @Test
  void aReaderThatTakesNothingHoldsThePassesBackAndLosesItsText() throws Exception {
    SlowReader<SoftLabelsRequest, SoftLabelsResponse> reader = new SlowReader<>();
    InferenceServiceGrpc.newStub(longTexts.channel()).softLabels(longText(12_000).build(), reader);
    ClientCallStreamObserver<SoftLabelsRequest> call = reader.calls.get(10, TimeUnit.SECONDS);
    Awaitility.await().until(() -> scorer.jobs.size() >= 1);
    assertFails(
        () -> {
          call.request(1);
          throw reader.ended.get(20, TimeUnit.SECONDS);
        },
        ERROR_REASON_READER_STALLED,
        "",
        "nothing was read");
    assertThat(scorer.jobs.size()).isLessThan(5);
  }

  static Stream<Arguments> badRequests() {
    return Stream.of(
        bad(SoftLabelsRequest.newBuilder().setTop(1), "prompt", "not set"),
        bad(ids().setTop(1), "token_ids.ids", "empty"),
        bad(ids(300).setTop(1), ERROR_REASON_TOKEN_OUT_OF_RANGE, "token_ids.ids[0]", "300"),
        bad(text("a"), "form", "not set (expected: top or full)"),
        bad(text("a").setTop(0), "top", "0 (expected: 1 to 1024)"),
        bad(text("a").setTop(1025), "top", "1025 (expected: 1 to 1024)"),
        bad(text("a").setFull(DataType.DATA_TYPE_BF16), "full", "DATA_TYPE_BF16"),
        bad(text("a").setFullValue(99), "full", "UNRECOGNIZED"),
        bad(
            text("a").setTop(1).setHiddenStates(DataType.DATA_TYPE_BF16),
            "hidden_states",
            "DATA_TYPE_BF16 (expected: DATA_TYPE_F32 or DATA_TYPE_F16)"),
        bad(text("a").setTop(1).setTemperature(Double.NaN), "temperature", "NaN"),
        bad(text("abc").setTop(1).setFrom(0), "from", "0 (expected: 1 to 3)"),
        bad(text("abc").setTop(1).setFrom(4), "from", "4 (expected: 1 to 3)"),
        bad(
            ids(IntStream.range(0, ApiFixture.CONTEXT + 2).toArray()).setTop(1),
            ERROR_REASON_PROMPT_TOO_LONG,
            "prompt",
            "34 tokens (expected: at most 33"));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void isRefusedByField(
      SoftLabelsRequest request, ErrorReason reason, String field, String message) {
    assertFails(() -> call(fixture, request), reason, field, message);
    assertThat(scorer.jobs).isEmpty();
  }

  @Test
  void aFailureOfTheModelEndsTyped() {
    scorer.refuse(ServingException.draining());
    assertFails(
        () -> call(fixture, text("a").setTop(1).build()),
        ErrorReason.ERROR_REASON_NODE_DRAINING,
        "",
        "");
  }

  private static List<SoftLabelsResponse> call(ApiFixture at, SoftLabelsRequest request) {
    return Lists.newArrayList(
        InferenceServiceGrpc.newBlockingStub(at.channel()).softLabels(request));
  }

  private static SoftLabelsRequest.Builder text(String text) {
    return SoftLabelsRequest.newBuilder().setText(text);
  }

  private static SoftLabelsRequest.Builder ids(int... ids) {
    return SoftLabelsRequest.newBuilder()
        .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(ids).boxed().toList()));
  }

  private static Arguments bad(SoftLabelsRequest.Builder request, String field, String message) {
    return bad(request, ERROR_REASON_INVALID_FIELD, field, message);
  }

  private static Arguments bad(
      SoftLabelsRequest.Builder request, ErrorReason reason, String field, String message) {
    return Arguments.of(request.build(), reason, field, message);
  }
}
