package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blocks of 4, chunks of 8: units of 8 positions, 2 blocks. */
class PrefixCacheTest {
  private static final int BLOCK = 4;
  private static final int CHUNK = 8;
  private static final RoutingOptions ROUTING = RoutingOptions.DEFAULT;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final GenerationMetrics metrics = new GenerationMetrics(registry, "demo");
  private KvBlocks blocks;
  private PrefixCache cache;
  private Scheduler scheduler;
  private int chunk;

  @BeforeEach
  void restart() {
    restart(20, limits(CHUNK, true));
  }

  private void restart(int count, SchedulerLimits limits) {
    chunk = limits.prefillChunk();
    blocks = new KvBlocks(count, BLOCK);
    cache = new PrefixCache(blocks, limits, metrics);
    scheduler = new Scheduler(limits, blocks, cache);
  }

  private static SchedulerLimits limits(int chunk, boolean prefixCache) {
    return new SchedulerLimits(16, 16, chunk, chunk, prefixCache);
  }

  @Test
  void aPromptSkipsWhatAnEarlierOneComputed() {
    Sequence first = run(prompt(20), ROUTING);
    int[] held = Arrays.copyOf(first.blocks(), 4);
    scheduler.remove(first);

    Sequence second = admit(prompt(20), ROUTING);

    assertThat(second.computed()).isEqualTo(16);
    assertThat(second.blocks()).startsWith(held);
    assertThat(counter("ennead_prefix_cache_queries")).isEqualTo(40);
    assertThat(counter("ennead_prefix_cache_hits")).isEqualTo(16);
  }

  @Test
  void theLastTokenIsComputedWhateverIsThere() {
    scheduler.remove(run(prompt(24), ROUTING));

    assertThat(admit(prompt(24), ROUTING).computed()).isEqualTo(16);
    assertThat(admit(prompt(25), ROUTING).computed()).isEqualTo(24);
    assertThat(admit(prompt(17), ROUTING).computed()).isEqualTo(16);
    assertThat(admit(prompt(16), ROUTING).computed()).isEqualTo(8);
    assertThat(admit(prompt(1), ROUTING).computed()).isZero();
  }

  @Test
  void aTokenThatDiffersEndsWhatIsShared() {
    scheduler.remove(run(prompt(32), ROUTING));
    int[] other = prompt(32);
    other[15]++;

    assertThat(admit(other, ROUTING).computed()).isEqualTo(8);
  }

  @Test
  void theSameTokensElsewhereAreNotTheSame() {
    scheduler.remove(run(prompt(32), ROUTING));

    assertThat(admit(Arrays.copyOfRange(prompt(32), 8, 32), ROUTING).computed()).isZero();
  }

  /** Blocks of 4 and chunks of 6 meet at multiples of 12. */
  @Test
  void onlyWhatFillsBlocksAndChunksIsKept() {
    restart(20, limits(6, true));
    scheduler.remove(run(prompt(23), ROUTING));
    assertThat(admit(prompt(23), ROUTING).computed()).isEqualTo(12);
    scheduler.remove(run(prompt(24), ROUTING));

    assertThat(admit(prompt(30), ROUTING).computed()).isEqualTo(24);
  }

  @Test
  void generatedTokensAreNotKept() {
    Sequence first = run(prompt(10), ROUTING, FakeTask.generating(14));
    for (int token = 10; token < 24; token++) {
      first.append(prompt(24)[token]);
      first.advance(1);
      scheduler.keep(first);
    }
    scheduler.remove(first);

    assertThat(admit(prompt(24), ROUTING).computed()).isEqualTo(8);
  }

  @Test
  void onlyEqualRoutingShares() {
    RoutingRule sampled = RoutingRule.MODEL.withMode(Mode.SAMPLED);
    List<RoutingOptions> different =
        List.of(
            ROUTING,
            RoutingOptions.everywhere(RoutingRule.atTemperature(2), 0),
            RoutingOptions.everywhere(RoutingRule.MODEL.withExpertsPerToken(1), 0),
            RoutingOptions.everywhere(RoutingRule.MODEL.without(Set.of(3)), 0),
            RoutingOptions.everywhere(sampled, 1),
            RoutingOptions.everywhere(sampled, 2),
            new RoutingOptions(RoutingRule.MODEL, Map.of(1, sampled), 1),
            new RoutingOptions(RoutingRule.MODEL, Map.of(1, sampled), 2),
            new RoutingOptions(RoutingRule.MODEL, Map.of(2, RoutingRule.atTemperature(0)), 0),
            ROUTING.under(profile("a@1", "first")),
            ROUTING.under(profile("a@2", "second")),
            ROUTING.under(profile("a@2", "changed")));
    restart(100, limits(CHUNK, true));
    for (RoutingOptions routing : different) {
      Sequence sequence = admit(prompt(10), routing);
      assertThat(sequence.computed()).as("%s", routing).isZero();
      compute(sequence);
      scheduler.remove(sequence);
    }
    for (RoutingOptions routing : different) {
      assertThat(admit(prompt(10), routing).computed()).as("%s", routing).isEqualTo(8);
    }
  }

  private static RoutingProfile profile(String id, String contentHash) {
    RoutingProfile.Layer layer = new RoutingProfile.Layer(1, new float[8]);
    return new RoutingProfile(id, contentHash, Map.of(0, layer));
  }

  @Test
  void whatHasNoEffectOnTheRoutingDoesNotMatter() {
    scheduler.remove(run(prompt(10), RoutingOptions.everywhere(RoutingRule.MODEL, 1)));

    RoutingOptions same = new RoutingOptions(RoutingRule.MODEL, Map.of(2, RoutingRule.MODEL), 99);
    assertThat(admit(prompt(10), same).computed()).isEqualTo(8);
  }

  @Test
  void whoWantsSomethingOfEveryPositionComputesAllAndStillContributes() {
    restart(100, limits(CHUNK, true));
    scheduler.remove(run(prompt(32), ROUTING, FakeTask.traced(32)));
    assertThat(admit(prompt(32), ROUTING, FakeTask.traced(32)).computed()).isZero();
    assertThat(admit(prompt(32), ROUTING, FakeTask.scoring(0)).computed()).isZero();
    assertThat(counter("ennead_prefix_cache_queries")).isZero();

    assertThat(admit(prompt(32), ROUTING).computed()).isEqualTo(24);
  }

  @Test
  void theContextOfAScoreIsSkippedUpToTheFirstPositionThatCounts() {
    scheduler.remove(run(prompt(32), ROUTING));

    assertThat(admit(prompt(32), ROUTING, FakeTask.scoring(15)).computed()).isEqualTo(8);
    assertThat(admit(prompt(32), ROUTING, FakeTask.scoring(16)).computed()).isEqualTo(16);
  }

  @Test
  void aFailedPromptLeavesOnlyWhatItComputedBefore() {
    Sequence doomed = admit(prompt(32), ROUTING);
    step(doomed);
    scheduler.remove(doomed);

    assertThat(admit(prompt(32), ROUTING).computed()).isEqualTo(8);
  }

  @Test
  void promptsThatComputeTheSameAtOnceEndUpWithTheSameBlocks() {
    Sequence first = admit(prompt(24), ROUTING);
    Sequence second = admit(prompt(24), ROUTING);
    first.advance(CHUNK);
    second.advance(CHUNK);
    scheduler.keep(first);
    scheduler.keep(second);

    assertThat(Arrays.copyOf(second.blocks(), 2)).isEqualTo(Arrays.copyOf(first.blocks(), 2));
    assertThat(cache.used()).isEqualTo(2 * first.blocks().length - 2);
  }

  @Test
  void aPromptThatWaitedForItsTurnSkipsWhatWasComputedMeanwhile() {
    Sequence first = admit(prompt(24), ROUTING);
    Sequence second = admit(prompt(24), ROUTING);
    int used = cache.used();
    compute(first);

    scheduler.prefill();

    assertThat(second.computed()).isEqualTo(16);
    assertThat(cache.used()).isEqualTo(used - 4);
  }

  @Test
  void theLongestUnusedGivesWayFirstAndTheEndOfAPrefixBeforeItsBeginning() {
    int[] old = prompt(25);
    int[] recent = Arrays.stream(prompt(25)).map(token -> token + 1000).toArray();
    scheduler.remove(run(old, ROUTING));
    scheduler.remove(run(recent, ROUTING));
    assertThat(cache.used()).isZero();
    assertThat(hits(old)).isEqualTo(24);
    assertThat(hits(recent)).isEqualTo(24);

    cache.take(8 + 3); // 12 of 20 blocks are kept: two units go

    assertThat(hits(recent)).isEqualTo(24);
    assertThat(hits(old)).isEqualTo(8);
  }

  @Test
  void whatIsHeldStaysAndWhatIsKeptNeverStandsInTheWay() {
    Sequence running = run(prompt(24), ROUTING);
    int held = running.blocks().length;
    scheduler.remove(run(Arrays.stream(prompt(40)).map(token -> -token).toArray(), ROUTING));

    assertThat(cache.available(20 - held)).isTrue();
    assertThat(cache.available(20 - held + 1)).isFalse();
    assertThat(cache.take(20 - held)).doesNotContain(box(running.blocks()));
    assertThat(cache.available(1)).isFalse();
  }

  @Test
  void blocksThatOthersHoldAreNotNeededAgain() {
    Sequence first = run(prompt(64), ROUTING, FakeTask.generating(4)); // 17 blocks of 20
    Sequence second = admit(prompt(64), ROUTING, FakeTask.generating(1));

    assertThat(second.blocks()).hasSize(17).startsWith(Arrays.copyOf(first.blocks(), 14));
    assertThat(cache.used()).isEqualTo(20);
  }

  @Test
  void continuationsShareWhatTheirPromptShares() {
    scheduler.remove(run(prompt(18), ROUTING));
    Sequence sibling = new Sequence(prompt(18), FakeTask.generating(3), ROUTING, Long.MAX_VALUE);
    Sequence first =
        new Sequence(prompt(18), FakeTask.generating(3), ROUTING, Long.MAX_VALUE, List.of(sibling));
    scheduler.add(first);
    scheduler.admit(seated -> {});
    assertThat(first.computed()).isEqualTo(16);
    assertThat(Arrays.copyOf(sibling.blocks(), 4)).isEqualTo(Arrays.copyOf(first.blocks(), 4));
    assertThat(cache.used()).isEqualTo(4 + 2 * 2);

    compute(first);
    scheduler.fork(first, (source, target) -> {});
    scheduler.remove(first);
    assertThat(cache.used()).isEqualTo(6);
    scheduler.remove(sibling);

    assertThat(cache.used()).isZero();
    assertThat(hits(prompt(18))).isEqualTo(16);
  }

  @Test
  void switchedOffItKeepsNothing() {
    restart(20, limits(CHUNK, false));
    scheduler.remove(run(prompt(32), ROUTING));

    assertThat(blocks.used()).isZero();
    assertThat(hits(prompt(32))).isZero();
    assertThat(counter("ennead_prefix_cache_queries")).isZero();
  }

  /** How many tokens a prompt would skip. */
  private int hits(int[] prompt) {
    Sequence sequence = sequence(prompt, ROUTING, FakeTask.generating(1));
    cache.reuse(sequence);
    int hits = sequence.computed();
    cache.release(sequence);
    return hits;
  }

  private Sequence run(int[] prompt, RoutingOptions routing) {
    return run(prompt, routing, FakeTask.generating(1));
  }

  private Sequence run(int[] prompt, RoutingOptions routing, SequenceTask task) {
    Sequence sequence = admit(prompt, routing, task);
    compute(sequence);
    return sequence;
  }

  private Sequence admit(int[] prompt, RoutingOptions routing) {
    return admit(prompt, routing, FakeTask.generating(1));
  }

  private Sequence admit(int[] prompt, RoutingOptions routing, SequenceTask task) {
    Sequence sequence = sequence(prompt, routing, task);
    scheduler.add(sequence);
    scheduler.admit(seated -> {});
    assertThat(scheduler.waitingCount()).isZero();
    return sequence;
  }

  private static Sequence sequence(int[] prompt, RoutingOptions routing, SequenceTask task) {
    return new Sequence(prompt, task, routing, Long.MAX_VALUE);
  }

  private void compute(Sequence sequence) {
    while (sequence.prefilling()) {
      step(sequence);
    }
  }

  private void step(Sequence sequence) {
    sequence.advance(Math.min(chunk, sequence.promptLeft()));
    scheduler.keep(sequence);
  }

  private static int[] prompt(int length) {
    return IntStream.range(100, 100 + length).toArray();
  }

  private static Integer[] box(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }

  private double counter(String name) {
    return Counters.value(registry, name);
  }
}
