package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.generate.Scheduler.Batch;
import io.ennead.router.model.Span;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The scheduler with random traffic, continuations, failures and too little memory: every sequence
 * always has the keys and values that it has alone.
 */
class PrefixSharingTest {
  private static final int BLOCKS = 60;

  static Stream<Arguments> sizes() {
    return Stream.of(
        Arguments.of(4, 8, 8),
        Arguments.of(4, 4, 16),
        Arguments.of(8, 4, 8),
        Arguments.of(4, 6, 18));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void everySequenceHasTheBitsThatItHasAlone(int block, int chunk, int budget) {
    int hits = 0;
    for (int run = 0; run < 20; run++) {
      long seed = new Random().nextLong();
      Traffic traffic = new Traffic(new Random(seed), block, chunk, budget);
      traffic.run("seed %d".formatted(seed));
      hits += (int) Counters.value(traffic.registry, "ennead_prefix_cache_hits");
    }
    assertThat(hits).as("tokens not computed").isGreaterThan(1000);
  }

  private static final class Traffic {
    private final Random random;
    private final int chunk;
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final KvBlocks blocks;
    private final PrefixCache cache;
    private final Scheduler scheduler;
    private final SimulatedKv kv;
    private final Map<Sequence, List<Integer>> tokens = new IdentityHashMap<>();

    Traffic(Random random, int block, int chunk, int budget) {
      this.random = random;
      this.chunk = chunk;
      this.blocks = new KvBlocks(BLOCKS, block);
      SchedulerLimits limits = new SchedulerLimits(8, 8, chunk, budget, true);
      this.cache = new PrefixCache(blocks, limits, new GenerationMetrics(registry, "demo"));
      this.scheduler = new Scheduler(limits, blocks, cache);
      this.kv = new SimulatedKv(BLOCKS, block);
    }

    void run(String seed) {
      for (int round = 0; round < 300; round++) {
        if (random.nextBoolean() && scheduler.waitingCount() < 4) {
          submit();
        }
        scheduler.admit(sequence -> {});
        scheduler.prefill().ifPresent(this::step);
        check(seed);
        scheduler.decode().ifPresent(this::step);
        check(seed);
      }
      List<Sequence> left = new ArrayList<>();
      scheduler.forEach(left::add);
      left.forEach(this::end);
      assertThat(cache.used()).as(seed).isZero();
      assertThat(cache.available(BLOCKS)).as(seed).isTrue();
    }

    private void submit() {
      int[] prompt = random.ints(1 + random.nextInt(45), 0, 2).toArray();
      Arrays.fill(prompt, 0, random.nextInt(prompt.length), 0); // long common beginnings
      boolean sampled = random.nextInt(3) == 0;
      RoutingRule rule = RoutingRule.MODEL.withMode(sampled ? Mode.SAMPLED : Mode.TOP_K);
      RoutingOptions routing = RoutingOptions.everywhere(rule, random.nextInt(2));
      int maxTokens = 1 + random.nextInt(12);
      List<Sequence> siblings =
          IntStream.range(0, random.nextInt(3))
              .mapToObj(i -> sequence(prompt, FakeTask.generating(maxTokens), routing, List.of()))
              .toList();
      FakeTask task =
          switch (random.nextInt(8)) {
            case 0 -> FakeTask.scoring(random.nextInt(prompt.length));
            case 1 -> FakeTask.traced(prompt.length);
            default -> FakeTask.generating(maxTokens);
          };
      scheduler.add(
          sequence(prompt, task, routing, task.maxTokens() == maxTokens ? siblings : List.of()));
    }

    private Sequence sequence(
        int[] prompt, FakeTask task, RoutingOptions routing, List<Sequence> siblings) {
      Sequence sequence = new Sequence(prompt, task, routing, Long.MAX_VALUE, siblings);
      tokens.put(sequence, new ArrayList<>(IntStream.of(prompt).boxed().toList()));
      return sequence;
    }

    /** One step as the loop runs it; each span may fail, and with it what follows of its prompt. */
    private void step(Batch batch) {
      kv.run(batch);
      for (int i = 0; i < batch.sequences().size(); i++) {
        Sequence sequence = batch.sequences().get(i);
        Span span = batch.step().spans().get(i);
        if (sequence.ended()) {
          continue;
        }
        if (random.nextInt(20) == 0) {
          kv.spoil(span);
          end(sequence);
          continue;
        }
        sequence.advance(span.ids().length);
        scheduler.keep(sequence);
        if (!sequence.prefilling()) {
          List<Sequence> begun = scheduler.fork(sequence, kv::copy);
          goOn(sequence);
          begun.forEach(this::goOn);
        }
      }
    }

    private void goOn(Sequence sequence) {
      int generated = tokens.get(sequence).size() - sequence.promptLength();
      if (generated + 1 >= sequence.task().maxTokens()) {
        end(sequence);
        return;
      }
      int token = random.nextInt(2);
      sequence.append(token);
      tokens.get(sequence).add(token);
    }

    private void end(Sequence sequence) {
      sequence.siblings().forEach(this::end);
      if (sequence.end()) {
        scheduler.remove(sequence);
        tokens.remove(sequence);
      }
    }

    private void check(String seed) {
      scheduler.forEach(
          sequence -> {
            int[] computed =
                tokens.get(sequence).stream()
                    .mapToInt(Integer::intValue)
                    .limit(sequence.computed())
                    .toArray();
            assertThat(kv.read(sequence.blocks(), sequence.computed()))
                .as(seed)
                .isEqualTo(kv.alone(computed, sequence.promptLength(), chunk, sequence.routing()));
          });
    }
  }
}
