package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.errors.ServingException;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The demo model gives the same bits whether a prompt's beginning is in the prefix cache or not.
 */
@Timeout(300)
class PrefixCacheBitsTest {
  private static final int CHUNK = LoadedModel.CHUNK;
  private static final int BLOCKS = 12 * 64;
  private static final int TOKENS = 8;

  /** What a prompt gives. */
  private record Answer(List<Integer> tokens, List<float[]> logits) {
    void assertIs(Answer other, String where) {
      assertThat(tokens).as(where).isEqualTo(other.tokens);
      assertThat(logits).as(where).hasSameSizeAs(other.logits);
      for (int i = 0; i < logits.size(); i++) {
        int differs = Arrays.mismatch(logits.get(i), other.logits.get(i));
        assertThat(differs).as("%s, logits %d", where, i).isEqualTo(-1);
      }
    }
  }

  private record Prompt(int[] tokens, RoutingOptions routing) {}

  @ParameterizedTest
  @EnumSource(ComputeType.class)
  void tokensAndLogitsAreTheSameHotColdAndOff(ComputeType type) throws Exception {
    long seed = new Random().nextLong();
    List<Prompt> prompts = prompts(new Random(seed));
    try (LoadedModel demo = DemoModel.load(type, BLOCKS)) {
      List<Answer> off = new ArrayList<>();
      try (Served served = new Served(demo.model(), false, 512)) {
        for (Prompt prompt : prompts) {
          off.add(served.submit(prompt).get());
        }
        assertThat(served.hits()).isZero();
      }
      for (int budget : new int[] {CHUNK, 512}) {
        try (Served served = new Served(demo.model(), true, budget)) {
          assertAll(served, prompts, off, "cold, seed %d, budget %d".formatted(seed, budget));
          double cold = served.hits();
          assertAll(served, prompts, off, "hot, seed %d, budget %d".formatted(seed, budget));
          assertThat(served.hits() - cold).isGreaterThanOrEqualTo(skippable(prompts));
        }
      }
    }
  }

  /** The second of four chunks fails, all of them in one step. */
  @Test
  void whatAFailedChunkComputedIsNotUsed() throws Exception {
    int[] tokens = new Random(7).ints(3 * CHUNK + 1, 3, DemoModel.VOCABULARY).toArray();
    Prompt prompt = new Prompt(tokens, RoutingOptions.DEFAULT);
    AtomicBoolean failing = new AtomicBoolean();
    try (LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
        MoeModel model = DemoModel.with(losingRow(demo, CHUNK + 3, failing), BLOCKS);
        Served off = new Served(model, false, 512);
        Served served = new Served(model, true, 512)) {
      Answer expected = off.submit(prompt).get();
      off.close(); // the model is one thread's
      failing.set(true);
      assertThat(served.submit(prompt)).failsWithin(Duration.ofMinutes(1));

      served.submit(prompt).get().assertIs(expected, "after the failure");
      assertThat(served.hits()).isEqualTo(CHUNK);
    }
  }

  /** Loses a row of the third layer's next call. */
  private static ExpertLayer losingRow(LoadedModel demo, int row, AtomicBoolean failing) {
    ExpertLayer experts = new LocalExpertLayer(demo.experts());
    return (layer, phase, hidden, routing, scope, observer) -> {
      CombinedRows sum = experts.forward(layer, phase, hidden, routing, scope, observer);
      if (layer != 2 || !failing.getAndSet(false)) {
        return sum;
      }
      int from = row * DemoModel.HIDDEN;
      Arrays.fill(sum.values(), from, from + DemoModel.HIDDEN, 1000f);
      return new CombinedRows(
          sum.values(),
          Map.of(row, ServingException.expertUnreachable(layer, "3", "test", "gone", null)));
    };
  }

  /** Prompts that end within a chunk, at its end and behind it, one the beginning of the next. */
  private static List<Prompt> prompts(Random random) {
    int[] tokens = random.ints(4 * CHUNK, 3, DemoModel.VOCABULARY).toArray();
    RoutingRule warm = RoutingRule.atTemperature(2);
    List<RoutingOptions> routings =
        List.of(
            RoutingOptions.DEFAULT,
            RoutingOptions.everywhere(warm, 1),
            RoutingOptions.everywhere(warm.withMode(Mode.SAMPLED), 1),
            RoutingOptions.everywhere(warm.withMode(Mode.SAMPLED), 2));
    List<Prompt> prompts = new ArrayList<>();
    for (RoutingOptions routing : routings) {
      for (int length :
          new int[] {1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 150, 3 * CHUNK, 3 * CHUNK + 1}) {
        prompts.add(new Prompt(Arrays.copyOf(tokens, length), routing));
      }
    }
    return prompts;
  }

  private static int skippable(List<Prompt> prompts) {
    return prompts.stream().mapToInt(p -> (p.tokens().length - 1) / CHUNK * CHUNK).sum();
  }

  /** All at once, so that some begin while others compute what they share. */
  private static void assertAll(
      Served served, List<Prompt> prompts, List<Answer> expected, String where) throws Exception {
    List<CompletableFuture<Answer>> answers = prompts.stream().map(served::submit).toList();
    for (int i = 0; i < prompts.size(); i++) {
      answers.get(i).get().assertIs(expected.get(i), where + ", prompt " + i);
    }
  }

  /** A generation loop on the model. */
  private static final class Served implements AutoCloseable {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final GenerationLoop loop;

    Served(MoeModel model, boolean prefixCache, int budget) {
      SchedulerLimits limits = new SchedulerLimits(12, 64, CHUNK, budget, prefixCache);
      KvBlocks blocks = new KvBlocks(BLOCKS, LoadedModel.BLOCK);
      PrefixCache cache = new PrefixCache(blocks, limits, new GenerationMetrics(registry, "demo"));
      loop =
          new GenerationLoop(
              model,
              new Scheduler(limits, blocks, cache),
              new Admission(limits.maxBatch(), limits.queue(), bound -> {}),
              new StepMetrics(registry, model),
              (running, waiting, tokens) -> {},
              () -> {});
      loop.start();
    }

    CompletableFuture<Answer> submit(Prompt prompt) {
      GreedyTask task = new GreedyTask();
      loop.submit(new Sequence(prompt.tokens(), task, prompt.routing(), Long.MAX_VALUE));
      return task.answer;
    }

    double hits() {
      return Counters.value(registry, "ennead_prefix_cache_hits");
    }

    @Override
    public void close() {
      loop.close();
    }
  }

  /** Takes the most likely token and keeps all logits. */
  private static final class GreedyTask implements SequenceTask {
    final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final List<Integer> tokens = new ArrayList<>();
    private final List<float[]> all = new ArrayList<>();

    @Override
    public Logits promptLogits() {
      return Logits.LAST;
    }

    @Override
    public int maxTokens() {
      return TOKENS;
    }

    @Override
    public void admitted() {}

    @Override
    public OptionalInt accept(int position, float[] logits, int offset) {
      float[] row = Arrays.copyOfRange(logits, offset, offset + DemoModel.VOCABULARY);
      int best = 0;
      for (int i = 1; i < row.length; i++) {
        best = row[i] > row[best] ? i : best;
      }
      all.add(row);
      tokens.add(best);
      return tokens.size() < TOKENS ? OptionalInt.of(best) : OptionalInt.empty();
    }

    @Override
    public void finished() {
      answer.complete(new Answer(tokens, all));
    }

    @Override
    public void failed(ServingException failure) {
      answer.completeExceptionally(failure);
    }
  }
}
