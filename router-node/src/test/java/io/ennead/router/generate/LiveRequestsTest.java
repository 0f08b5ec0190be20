package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ennead.router.generate.LiveRequest.Phase;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LiveRequestsTest {
  private static final int PLACES = 2;
  private static final RoutingOptions PATIENT =
      new RoutingOptions(
          RoutingRule.MODEL,
          Map.of(),
          0,
          new FailurePolicy(Duration.ofMinutes(1), Optional.empty()));

  private final SchedulerLimits limits = new SchedulerLimits(PLACES, 64, 4, 64, false);
  private final KvBlocks blocks = new KvBlocks(64, 4);
  private final Scheduler scheduler =
      new Scheduler(
          limits,
          blocks,
          new PrefixCache(blocks, limits, new GenerationMetrics(new PrometheusRegistry(), "demo")));

  private Sequence add(int... prompt) {
    Sequence sequence = new Sequence(prompt, FakeTask.generating(8), PATIENT, Long.MAX_VALUE);
    scheduler.add(sequence);
    return sequence;
  }

  private void admit() {
    scheduler.admit(seated -> {});
  }

  @Test
  void eachIsToldWithWhatHappensToIt() {
    Sequence decoding = add(7, 8, 9);
    add(4, 5);
    add(6);
    admit();
    decoding.advance(3);
    decoding.append(1);
    decoding.append(2);

    assertThat(LiveRequests.of(scheduler, 10, 0).oldest())
        .extracting(
            LiveRequest::phase,
            LiveRequest::promptTokens,
            LiveRequest::computedTokens,
            LiveRequest::generatedTokens,
            LiveRequest::maxTokens)
        .containsExactly(
            tuple(Phase.DECODE, 3, 3, 2, 8),
            tuple(Phase.PREFILL, 2, 0, 0, 8),
            tuple(Phase.WAITING, 1, 0, 0, 8));
  }

  @Test
  void oneThatIsSetAsideSaysSoUntilItGoesOn() {
    Sequence sequence = add(1, 2);
    admit();
    assertThat(sequence.setAside(System.nanoTime())).isTrue();
    assertThat(phases()).containsExactly(Phase.SET_ASIDE);

    sequence.proceed();
    assertThat(phases()).containsExactly(Phase.PREFILL);
  }

  private List<Phase> phases() {
    return LiveRequests.of(scheduler, 10, 0).oldest().stream().map(LiveRequest::phase).toList();
  }

  @Test
  void theOldestAreToldAndAllAreCounted() {
    for (int i = 0; i < 5; i++) {
      add(i);
    }
    LiveRequests seen = LiveRequests.of(scheduler, 3, 1);

    assertThat(seen.all()).isEqualTo(5);
    assertThat(seen.oldest()).extracting(request -> request.prompt()[0]).containsExactly(0, 1, 2);
  }

  @Test
  void promptsAreToldOnlyAsFarAsIsAsked() {
    add(7, 8, 9);

    assertThat(LiveRequests.of(scheduler, 1, 0).oldest().get(0).prompt()).isEmpty();
    assertThat(LiveRequests.of(scheduler, 1, 2).oldest().get(0).prompt()).containsExactly(7, 8);
    assertThat(LiveRequests.of(scheduler, 1, 9).oldest().get(0).prompt()).containsExactly(7, 8, 9);
  }
}
