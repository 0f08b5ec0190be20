package io.ennead.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.client.LoadGenerator.Measurement;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.TraceLevel;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoadGeneratorTest {
  private FakeRouter router;
  private EnneadClient client;

  @BeforeEach
  void open() throws Exception {
    router = new FakeRouter();
    client = EnneadClient.connect(router.address());
  }

  @AfterEach
  void close() {
    client.close();
    router.close();
  }

  @Test
  void decodeSendsGreedyStreamsOfAFixedLength() {
    Measurement measured = load().decode(5, 12);
    assertThat(router.requests)
        .hasSize(5)
        .allSatisfy(
            request -> {
              assertThat(request.getSampling().getTemperature()).isZero();
              assertThat(request.getStopping().getIgnoreEos()).isTrue();
              assertThat(request.getStopping().getMaxTokens()).isEqualTo(12);
              assertThat(request.getTokenIds().getIdsList()).allMatch(id -> id >= 0 && id < 50);
            });
    assertThat(measured.tokensPerSecond()).isPositive();
    assertThat(measured.firstTokenSeconds()).isPositive();
  }

  @Test
  void prefillSendsPromptsOfAFixedLengthForOneTokenEach() {
    load().prefill(3, 40);
    assertThat(router.requests)
        .hasSize(3)
        .allSatisfy(
            request -> {
              assertThat(request.getTokenIds().getIdsCount()).isEqualTo(40);
              assertThat(request.getStopping().getMaxTokens()).isEqualTo(1);
            });
  }

  @Test
  void tokensPerSecondCountWhatWasMadeInTheTimeItTook() {
    long start = System.nanoTime();
    Measurement measured = load().decode(2, 100);
    double atMostSeconds = (System.nanoTime() - start) / 1e9;
    assertThat(200 / measured.tokensPerSecond()).isBetween(0.0, atMostSeconds);
    assertThat(measured.firstTokenSeconds()).isLessThanOrEqualTo(200 / measured.tokensPerSecond());
  }

  @Test
  void theSeedDecidesThePrompts() {
    load(1).decode(1, 1);
    load(1).decode(1, 1);
    load(2).decode(1, 1);
    List<GenerateRequest> sent = router.requests;
    assertThat(sent.get(0)).isEqualTo(sent.get(1)).isNotEqualTo(sent.get(2));
  }

  private LoadGenerator load() {
    return load(9);
  }

  private LoadGenerator load(long seed) {
    return new LoadGenerator(client, Duration.ofSeconds(20), 50, TraceLevel.TRACE_LEVEL_NONE, seed);
  }
}
