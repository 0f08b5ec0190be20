package io.ennead.router.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.feedback.FeedbackOptions;
import io.ennead.router.feedback.Rating;
import io.ennead.router.feedback.ResponseKey;
import io.ennead.v1.ErrorReason;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which responses over HTTP can be rated. */
@Timeout(60)
class RatedResponsesTest {
  private Feedback feedback;
  private HttpFixture router;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    feedback =
        Feedback.open(
            new FeedbackOptions(
                directory.resolve("f.db").toString(),
                1 << 20,
                Duration.ofHours(1),
                Duration.ofDays(1),
                1000,
                16));
    router = new HttpFixture(Optional.empty(), Duration.ofMinutes(1), Optional.of(feedback));
    router.generator.behaviour = (request, sink) -> sink.finished(HttpFixture.finish(0));
  }

  @AfterEach
  void stop() {
    router.close();
    feedback.close();
  }

  private CompletableFuture<Feedback.Outcome> rate(String prompt) throws Exception {
    HttpResponse<String> response =
        router.post("/v1/completions", "{\"prompt\":%s}".formatted(prompt));
    assertThat(response.statusCode()).isEqualTo(200);
    String id = response.headers().firstValue("x-request-id").orElseThrow();
    return feedback.record(
        new ResponseKey(id, 0), new Rating(1, List.of(), ""), Tenant.ANYBODY.name());
  }

  @Test
  void aResponseToOnePromptCanBeRated() throws Exception {
    assertThat(rate("\"x\"").join()).isEqualTo(Feedback.Outcome.RECORDED);
    assertThat(rate("[\"x\"]").join()).isEqualTo(Feedback.Outcome.RECORDED);
    assertThat(router.generator.request.decisionBytes()).isPositive();
  }

  @Test
  void aResponseToSeveralPromptsIsNotKnown() throws Exception {
    assertThatThrownBy(rate("[\"x\",\"yz\"]")::join)
        .isInstanceOf(CompletionException.class)
        .satisfies(
            e ->
                assertThat(((ServingException) e.getCause()).reason())
                    .isEqualTo(ErrorReason.ERROR_REASON_RESPONSE_NOT_FOUND));
    assertThat(router.generator.request.decisionBytes()).isZero();
  }
}
