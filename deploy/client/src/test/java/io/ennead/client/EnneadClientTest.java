package io.ennead.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.TokenizeRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class EnneadClientTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private FakeRouter router;
  private EnneadClient client;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
    client = EnneadClient.connect(router.address());
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    router.close();
  }

  @Test
  void piecesComeInOrderAndTheLastCarriesTheFinish() {
    StringBuilder text = new StringBuilder();
    long seed = 0;
    try (Generation pieces = client.generate(prompt("one two three"), LIMIT)) {
      while (pieces.hasNext()) {
        var piece = pieces.next();
        text.append(piece.getText());
        seed = piece.getFinish().getSeed();
      }
    }
    assertThat(text).hasToString("one two three");
    assertThat(seed).isEqualTo(7);
  }

  @Test
  void scoresComeInOrderAndTheLastCarriesTheSummary() {
    List<String> words = new ArrayList<>();
    long tokens = 0;
    try (Scoring scores = client.scoreStream(score("one two three"), LIMIT)) {
      while (scores.hasNext()) {
        var response = scores.next();
        response.getTokensList().forEach(token -> words.add(token.getText()));
        tokens = response.getSummary().getTokens();
      }
    }
    assertThat(words).containsExactly("one", "two", "three");
    assertThat(tokens).isEqualTo(3);
  }

  @Test
  void closingAScoringEarlyCancelsItAtTheServer() throws Exception {
    try (Scoring scores = client.scoreStream(score("forever"), LIMIT)) {
      assertThat(scores.next().getTokensCount()).isEqualTo(1);
    }
    assertThat(router.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static ScoreStreamRequest score(String text) {
    return ScoreStreamRequest.newBuilder()
        .setScore(ScoreRequest.newBuilder().setText(text))
        .build();
  }

  @Test
  void callbackSeesEveryPieceAndTheFutureTheFinish() throws Exception {
    List<String> pieces = new CopyOnWriteArrayList<>();
    CompletableFuture<Finish> finish =
        client.generate(prompt("one two"), LIMIT, piece -> pieces.add(piece.getText()));
    assertThat(finish.get(10, TimeUnit.SECONDS).getGeneratedTokens()).isEqualTo(2);
    assertThat(pieces).containsExactly("one ", "two", "");
  }

  @Test
  void closingAGenerationEarlyCancelsItAtTheServer() throws Exception {
    try (Generation pieces = client.generate(prompt("forever"), LIMIT)) {
      assertThat(pieces.next().getText()).isEqualTo("forever");
    }
    assertThat(router.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void cancellingTheFutureCancelsAtTheServer() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CompletableFuture<Finish> finish =
        client.generate(prompt("forever"), LIMIT, piece -> first.countDown());
    assertThat(first.await(10, TimeUnit.SECONDS)).isTrue();
    finish.cancel(true);
    assertThat(router.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anErrorOfTheCallbackEndsTheRequestWithThatError() throws Exception {
    CompletableFuture<Finish> finish =
        client.generate(
            prompt("forever"),
            LIMIT,
            piece -> {
              throw new IllegalStateException("no room");
            });
    assertThatThrownBy(() -> finish.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("no room");
    assertThat(router.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void callsThatNobodyAnswersFailInTheirFutures() {
    router.close();
    for (int i = 0; i < 500; i++) {
      CompletableFuture<Finish> finish =
          client.generate(GenerateRequest.getDefaultInstance(), Duration.ofSeconds(5), piece -> {});
      assertThatThrownBy(finish::join).hasCauseInstanceOf(ServingException.class);
    }
  }

  @Test
  void readerOfACancelledGenerationGetsATypedError() {
    try (Generation pieces = client.generate(prompt("forever"), LIMIT)) {
      pieces.next();
      pieces.cancel();
      assertThatThrownBy(pieces::hasNext)
          .asInstanceOf(InstanceOfAssertFactories.type(ServingException.class))
          .extracting(ServingException::reason)
          .isEqualTo(ErrorReason.ERROR_REASON_CANCELLED);
    }
  }

  @Test
  void aLimitEndsARequestThatTakesLonger() {
    try (Generation pieces = client.generate(prompt("forever"), Duration.ofMillis(300))) {
      pieces.next();
      assertThatThrownBy(pieces::hasNext)
          .asInstanceOf(InstanceOfAssertFactories.type(ServingException.class))
          .extracting(ServingException::reason)
          .isEqualTo(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
    }
  }

  @Test
  void unaryCallsAnswerAndFailTyped() {
    TokenizeRequest three = TokenizeRequest.newBuilder().setText("abc").build();
    assertThat(client.tokenize(three, LIMIT).getIdsList()).containsExactly(3);
    assertThatThrownBy(() -> client.tokenize(TokenizeRequest.getDefaultInstance(), LIMIT))
        .isInstanceOf(ServingException.class)
        .hasMessageContaining("text: empty");
  }

  @Test
  void healthOfTheNodeIsServing() {
    assertThat(client.health("", LIMIT)).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void awaitConnectedTellsWhetherSomeoneListens() throws Exception {
    assertThat(client.awaitConnected(LIMIT)).isTrue();
    String address = router.address();
    router.close();
    try (EnneadClient other = EnneadClient.connect(address)) {
      assertThat(other.awaitConnected(Duration.ofMillis(200))).isFalse();
    }
  }

  private static GenerateRequest prompt(String text) {
    return GenerateRequest.newBuilder().setText(text).build();
  }
}
