package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.generate.SlowPrefixCache.Holder;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random sequences that come, compute and go: the cache against the slow one, block by block. */
class PrefixCacheOracleTest {
  private static final int BLOCKS = 40;

  static Stream<Arguments> sizes() {
    return Stream.of(
        Arguments.of(4, 8, 8),
        Arguments.of(4, 4, 4),
        Arguments.of(8, 4, 8),
        Arguments.of(4, 6, 12));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void itHasWhatTheSlowOneHas(int block, int chunk, int unit) {
    for (int run = 0; run < 20; run++) {
      long seed = new Random().nextLong();
      new Traffic(new Random(seed), block, chunk, unit).run("seed %d".formatted(seed));
    }
  }

  /** A sequence in both caches. */
  private record Pair(Sequence sequence, Holder holder) {}

  private static final class Traffic {
    private final Random random;
    private final int chunk;
    private final KvBlocks blocks;
    private final PrefixCache cache;
    private final SlowPrefixCache slow;
    private final List<Pair> running = new ArrayList<>();

    Traffic(Random random, int block, int chunk, int unit) {
      this.random = random;
      this.chunk = chunk;
      this.blocks = new KvBlocks(BLOCKS, block);
      this.cache =
          new PrefixCache(
              blocks,
              new SchedulerLimits(100, 100, chunk, chunk, true),
              new GenerationMetrics(new PrometheusRegistry(), "demo"));
      this.slow = new SlowPrefixCache(BLOCKS, unit, unit / block);
    }

    void run(String seed) {
      for (int round = 0; round < 400; round++) {
        switch (random.nextInt(running.isEmpty() ? 1 : 4)) {
          case 0 -> admit(seed);
          case 1 -> reuse(any(), seed);
          case 2 -> compute(any());
          default -> release(any());
        }
        assertThat(cache.used()).as(seed).isEqualTo(BLOCKS - slow.available());
        assertThat(cache.available(slow.available())).as(seed).isTrue();
        assertThat(cache.available(slow.available() + 1)).as(seed).isFalse();
        assertThat(running.stream().flatMapToInt(p -> Arrays.stream(p.sequence().blocks())))
            .as(seed)
            .doesNotContain(0);
      }
    }

    private Pair any() {
      return running.get(random.nextInt(running.size()));
    }

    private void admit(String seed) {
      int[] prompt = random.ints(1 + random.nextInt(50), 0, 2).toArray();
      Arrays.fill(prompt, 0, random.nextInt(prompt.length), 0); // long common beginnings
      RoutingOptions routing =
          RoutingOptions.everywhere(RoutingRule.atTemperature(1 + random.nextInt(2)), 0);
      Sequence sequence = new Sequence(prompt, FakeTask.generating(1), routing, Long.MAX_VALUE);
      Holder holder = new Holder(routing, IntStream.of(prompt).boxed().toList());
      int needed = blocks.needed(sequence.reservedPositions());
      int shared = cache.shareable(sequence);
      assertThat(shared).as(seed).isEqualTo(slow.shareable(holder, sequence.skippable()));
      if (cache.available(needed - shared)) {
        Pair pair = new Pair(sequence, holder);
        running.add(pair);
        reuse(pair, seed);
        int left = needed - sequence.blocks().length;
        sequence.put(sequence.blocks().length, cache.take(left));
        slow.take(holder, left);
      }
    }

    private void reuse(Pair pair, String seed) {
      Sequence sequence = pair.sequence();
      int expected = sequence.computed();
      if (sequence.computed() == sequence.cached()) {
        expected = slow.reuse(pair.holder(), sequence.computed(), sequence.skippable());
      }
      cache.reuse(sequence);
      assertThat(sequence.computed()).as(seed).isEqualTo(expected);
    }

    private void compute(Pair pair) {
      Sequence sequence = pair.sequence();
      sequence.advance(Math.min(chunk, sequence.promptLeft()));
      cache.keep(sequence);
      slow.keep(pair.holder(), sequence.computed());
    }

    private void release(Pair pair) {
      running.remove(pair);
      cache.release(pair.sequence());
      slow.release(pair.holder());
    }
  }
}
