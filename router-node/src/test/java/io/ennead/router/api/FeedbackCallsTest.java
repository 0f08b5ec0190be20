package io.ennead.router.api;

import static io.ennead.v1.ErrorReason.ERROR_REASON_ALREADY_RATED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_FEEDBACK_OFF;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.errors.ServingException;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.feedback.FeedbackOptions;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.moe.CombinedRows;
import io.ennead.v1.DeleteFeedbackRequest;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RoutingMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FeedbackCallsTest {
  @TempDir private Path directory;
  private final FakeGenerator generator = new FakeGenerator();
  private Feedback feedback;
  private ApiFixture fixture;
  private InferenceServiceBlockingStub stub;

  @BeforeEach
  void open() throws IOException {
    feedback =
        Feedback.open(
            new FeedbackOptions(
                directory.resolve("f.db").toString(),
                1 << 20,
                Duration.ofHours(1),
                Duration.ofDays(1),
                1000,
                16));
    serve(Optional.of(feedback));
    generator.behaviour = (accepted, sink) -> sink.finished(finish(accepted));
  }

  private void serve(Optional<Feedback> ratings) throws IOException {
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                ApiFixture.model(
                    generator,
                    job -> {
                      throw ServingException.draining();
                    },
                    (layer, phase, hidden, routing, scope, observer) ->
                        new CombinedRows(hidden, Map.of()))));
    fixture =
        new ApiFixture(
            new InferenceGrpcService(catalog, ApiFixture.readers(100), () -> 1, ratings));
    stub = InferenceServiceGrpc.newBlockingStub(fixture.channel());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
    feedback.close();
  }

  private static FinishInfo finish(GenerationRequest request) {
    return new FinishInfo(
        0,
        FinishInfo.Reason.LENGTH,
        "",
        request.prompt().length,
        0,
        2,
        request.seed(),
        0,
        List.of(),
        Duration.ZERO,
        Duration.ZERO,
        Duration.ZERO,
        Degraded.NONE);
  }

  /** A response's id. */
  private String generate() {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText("a");
    request.getRoutingBuilder().setMode(RoutingMode.ROUTING_MODE_SAMPLED);
    return stub.generate(request.build()).next().getResponseId();
  }

  private static RecordFeedbackRequest.Builder rating(String id, double rating) {
    return RecordFeedbackRequest.newBuilder().setResponseId(id).setRating(rating);
  }

  @Test
  void aResponseIsRatedOnceAndItsRatingDeleted() {
    String id = generate();
    assertThat(generator.request.decisionBytes()).isEqualTo(FeedbackOptions.CHOICE_BYTES);
    assertThat(stub.recordFeedback(rating(id, 0.5).build()).getRepeated()).isFalse();
    assertThat(stub.recordFeedback(rating(id, 0.5).build()).getRepeated()).isTrue();
    ApiFixture.assertFails(
        () -> stub.recordFeedback(rating(id, 1).build()), ERROR_REASON_ALREADY_RATED, "", id);
    DeleteFeedbackRequest delete = DeleteFeedbackRequest.newBuilder().setResponseId(id).build();
    assertThat(stub.deleteFeedback(delete).getDeleted()).isEqualTo(1);
    assertThat(stub.deleteFeedback(delete).getDeleted()).isZero();
    ApiFixture.assertFails(
        () -> stub.recordFeedback(rating(id, 1).build()), ERROR_REASON_RESPONSE_NOT_FOUND, "", id);
  }

  @Test
  void whatIsWrongIsNamed() {
    String id = generate();
    assertInvalid(rating(id, 2), "rating", "2.0 (expected: -1 to 1)");
    assertInvalid(rating(id, 1).addTokenRatings(1), "rating", "beside token_ratings");
    assertInvalid(rating(id, 1).clearRating(), "rating", "absent");
    assertInvalid(rating("", 1), "response_id", "1 to 128 characters");
    assertInvalid(rating(id, 1).setLabel("x".repeat(201)), "label", "201 characters");
    assertInvalid(
        rating(id, 1).clearRating().addTokenRatings(1), "token_ratings", "2, one per generated");
  }

  private void assertInvalid(RecordFeedbackRequest.Builder request, String field, String message) {
    ApiFixture.assertFails(
        () -> stub.recordFeedback(request.build()), ERROR_REASON_INVALID_FIELD, field, message);
  }

  @Test
  void aRouterWithoutADatabaseSaysSo() throws Exception {
    fixture.close();
    serve(Optional.empty());
    String id = generate();
    assertThat(generator.request.decisionBytes()).isZero();
    ApiFixture.assertFails(
        () -> stub.recordFeedback(rating(id, 1).build()),
        ERROR_REASON_FEEDBACK_OFF,
        "",
        "no ratings");
  }
}
