package io.ennead.expert.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.ennead.errors.ServingException;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.FormulaEngine;
import io.ennead.v1.ErrorReason;
import io.ennead.wire.Rows;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ObjectAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ExpertBatcherTest {
  private static final int HIDDEN = 3;

  private final FormulaEngine engine = new FormulaEngine(HIDDEN);
  private PrometheusRegistry registry = new PrometheusRegistry();
  private ExpertBatcher batcher =
      ExpertBatcher.start(engine, new BatchLimits(1000, 1000, 1 << 20, 0), registry);

  @AfterEach
  void stop() {
    engine.release();
    batcher.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 1000})
  void concurrentCallsGetWhatEachWouldGetAlone(int maxInlineRows) throws Exception {
    restart(new BatchLimits(1000, 1000, 1 << 20, maxInlineRows));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ExecutorService callers = Executors.newFixedThreadPool(32);
    try {
      List<RandomCall> calls = new ArrayList<>();
      List<CompletableFuture<BatchResult>> results = new ArrayList<>();
      for (int i = 0; i < 2000; i++) {
        RandomCall call = RandomCall.draw(random);
        calls.add(call);
        results.add(CompletableFuture.supplyAsync(() -> submitPatiently(call).join(), callers));
      }
      for (int i = 0; i < calls.size(); i++) {
        assertThat(results.get(i).get(10, TimeUnit.SECONDS).outputs().toArray())
            .as("seed %d, call %d", seed, i)
            .containsExactly(calls.get(i).expected());
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void aSmallCallOnAnIdleEngineIsComputedByItsCaller() {
    restart(new BatchLimits(100, 100, 1 << 20, 2));
    assertThat(submit(1, Tile.DECODE, rows(2), slices(0, 0, 1, 1))).isDone();
    assertThat(engine.threads()).containsExactly(Thread.currentThread().getName());
    submit(1, Tile.DECODE, rows(3), slices(0, 0)).join();
    assertThat(engine.threads()).containsExactly(Thread.currentThread().getName(), "expert-batch");
  }

  @Test
  void whatFindsTheEngineBusyWithASmallCallIsJoinedAndDoesNotBlock() throws Exception {
    restart(new BatchLimits(100, 100, 1 << 20, 2));
    engine.block();
    var first =
        CompletableFuture.supplyAsync(() -> submit(0, Tile.DECODE, rows(1), slices(0, 0)).join());
    engine.awaitEntered();
    var second = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    var third = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    assertThat(second).isNotDone();
    engine.release();
    CompletableFuture.allOf(first, second, third).get();
    assertThat(engine.runs()).hasSize(2);
    assertThat(engine.threads()).last().isEqualTo("expert-batch");
  }

  @Test
  void aFailureOfASmallCallLeavesTheEngineToTheNext() throws Exception {
    restart(new BatchLimits(100, 100, 1 << 20, 2));
    engine.failWith(new IllegalStateException("native"));
    assertFailed(
        submit(1, Tile.DECODE, rows(1), slices(0, 0)), ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    engine.failWith(null);
    assertThat(submit(1, Tile.DECODE, rows(1), slices(0, 0))).isDone();
    batcher.close();
    assertRefused(
        () -> submit(1, Tile.DECODE, rows(1), slices(0, 0)),
        ErrorReason.ERROR_REASON_NODE_DRAINING);
  }

  @Test
  void callsThatWaitTogetherRunTogether() throws Exception {
    var first = blockedCall();
    List<RandomCall> calls = new ArrayList<>();
    List<CompletableFuture<BatchResult>> results = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < 16; i++) {
      RandomCall call = RandomCall.draw(random).at(2, Tile.DECODE);
      calls.add(call);
      results.add(submit(call));
    }
    engine.release();
    for (int i = 0; i < calls.size(); i++) {
      assertThat(results.get(i).get().outputs().toArray()).containsExactly(calls.get(i).expected());
    }
    assertThat(first.get().outputs().toArray()).hasSize(HIDDEN);
    assertThat(engine.runs()).hasSize(2);
    assertThat(metrics())
        .contains("ennead_expert_batch_calls_count 2")
        .contains("ennead_expert_batch_calls_sum 17.0");
  }

  @Test
  void eachExpertHasOneSliceInAJoinedRun() throws Exception {
    var first = blockedCall();
    var one = submit(1, Tile.DECODE, rows(2), slices(5, 1, 2, 0));
    var two = submit(1, Tile.DECODE, rows(1), slices(2, 0, 7, 0));
    engine.release();
    CompletableFuture.allOf(first, one, two).get();
    FormulaEngine.Run run = engine.runs().get(1);
    assertThat(run.rows()).isEqualTo(3);
    assertThat(run.slices()).extracting(Slice::expert).containsExactly(2, 5, 7);
    assertThat(run.slices().get(0).rows()).containsExactly(0, 2);
    assertThat(run.slices().get(1).rows()).containsExactly(1);
    assertThat(run.slices().get(2).rows()).containsExactly(2);
  }

  @Test
  void otherLayersAndTilesRunApartInOrderOfArrival() throws Exception {
    var first = blockedCall();
    var a = submit(3, Tile.DECODE, rows(1), slices(0, 0));
    var b = submit(3, Tile.PREFILL, rows(1), slices(0, 0));
    var c = submit(4, Tile.DECODE, rows(1), slices(0, 0));
    var d = submit(3, Tile.DECODE, rows(1), slices(0, 0));
    engine.release();
    CompletableFuture.allOf(first, a, b, c, d).get();
    assertThat(engine.runs().stream().skip(1).map(run -> run.layer() + " " + run.tile()))
        .containsExactly("3 DECODE", "3 PREFILL", "4 DECODE");
  }

  @Test
  void joinedRunsStayWithinTheirBound() throws Exception {
    restart(new BatchLimits(4, 1000, 1 << 20, 0));
    var first = blockedCall();
    List<CompletableFuture<BatchResult>> results = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      results.add(submit(1, Tile.DECODE, rows(2), slices(0, 0)));
    }
    results.add(submit(1, Tile.DECODE, rows(9), slices(0, 8)));
    engine.release();
    CompletableFuture.allOf(results.toArray(CompletableFuture[]::new)).get();
    assertThat(first).isCompleted();
    assertThat(engine.runs()).extracting(FormulaEngine.Run::rows).containsExactly(1, 4, 4, 9);
  }

  @Test
  void queueFullOfRowsRefusesWithAHintWhenToRetry() throws Exception {
    restart(new BatchLimits(100, 4, 1 << 20, 0));
    var first = blockedCall();
    var waiting = submit(1, Tile.DECODE, rows(3), slices(0, 0));
    assertRefused(
            () -> submit(1, Tile.DECODE, rows(2), slices(0, 0)),
            ErrorReason.ERROR_REASON_QUEUE_FULL)
        .satisfies(e -> assertThat(e.retryAfter()).isPresent())
        .satisfies(e -> assertThat(e.metadata()).containsEntry("limit", "4"));
    assertThat(metrics()).contains("ennead_expert_calls_refused_total 1.0");
    engine.release();
    CompletableFuture.allOf(first, waiting).get();
    assertThat(submit(RandomCall.of(1, Tile.DECODE, new float[4 * HIDDEN], slices(0, 0))).get())
        .isNotNull();
  }

  @Test
  void queueFullOfBytesRefuses() throws Exception {
    restart(new BatchLimits(100, 1000, 100, 0));
    var first = blockedCall();
    var waiting = submit(1, Tile.DECODE, rows(4), slices(0, 0));
    assertRefused(
            () -> submit(1, Tile.DECODE, rows(3), slices(0, 0)),
            ErrorReason.ERROR_REASON_QUEUE_FULL)
        .satisfies(e -> assertThat(e.metadata()).containsEntry("queue", "expert bytes"));
    engine.release();
    CompletableFuture.allOf(first, waiting).get();
  }

  @Test
  void callOfMoreBytesThanTheBoundWaitsAlone() throws Exception {
    restart(new BatchLimits(100, 1000, 100, 0));
    var first = blockedCall();
    var large = submit(1, Tile.DECODE, rows(20), slices(0, 0));
    assertRefused(
        () -> submit(1, Tile.DECODE, rows(1), slices(0, 0)), ErrorReason.ERROR_REASON_QUEUE_FULL);
    engine.release();
    CompletableFuture.allOf(first, large).get();
  }

  @Test
  void callThatWouldNeverFitIsRefusedWithoutAHint() {
    restart(new BatchLimits(100, 4, 1 << 20, 0));
    assertRefused(
            () -> submit(1, Tile.DECODE, rows(5), slices(0, 0)),
            ErrorReason.ERROR_REASON_TOO_MANY_TOKENS)
        .satisfies(e -> assertThat(e).hasMessage("rows: 5 (expected: at most 4)"));
    assertRefused(
            () -> submit(1, Tile.DECODE, rows(1), slices(0, 0, 1, 0, 2, 0, 3, 0, 4, 0)),
            ErrorReason.ERROR_REASON_TOO_MANY_TOKENS)
        .satisfies(e -> assertThat(e).hasMessage("rows: 5 (expected: at most 4)"));
  }

  @Test
  void cancelledCallIsNeverComputedAndFreesItsPlaceAtOnce() throws Exception {
    restart(new BatchLimits(100, 4, 1 << 20, 0));
    var first = blockedCall();
    var cancelled = submit(1, Tile.DECODE, rows(4), slices(0, 0));
    assertThat(metrics()).contains("ennead_expert_queue_rows 4.0");
    cancelled.cancel(false);
    assertThat(metrics())
        .contains("ennead_expert_queue_rows 0.0")
        .contains("ennead_expert_calls_cancelled_total 1.0");
    var next = submit(9, Tile.DECODE, rows(4), slices(0, 0));
    engine.release();
    CompletableFuture.allOf(first, next).get();
    assertThat(engine.runs()).extracting(FormulaEngine.Run::layer).containsExactly(0, 9);
  }

  @Test
  void cancellingACallThatRunsOrIsDoneCountsAsNothing() throws Exception {
    var running = blockedCall();
    running.cancel(false);
    engine.release();
    var done = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    done.get();
    done.cancel(false);
    assertThat(metrics()).contains("ennead_expert_calls_cancelled_total 0.0");
  }

  @Test
  void failureOfTheEngineReachesEveryCallOfTheRunAndNoOther() throws Exception {
    var first = blockedCall();
    var a = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    var b = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    engine.failWith(new IllegalStateException("native"));
    engine.release();
    for (var call : List.of(first, a, b)) {
      assertFailed(call, ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    }
    engine.failWith(null);
    assertThat(submit(1, Tile.DECODE, rows(1), slices(0, 0)).get()).isNotNull();
  }

  @Test
  void closeFailsWaitingCallsAndLetsTheRunningOneFinish() throws Exception {
    var running = blockedCall();
    var waiting = submit(1, Tile.DECODE, rows(1), slices(0, 0));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(batcher::close);
    assertFailed(waiting, ErrorReason.ERROR_REASON_NODE_DRAINING);
    assertRefused(
        () -> submit(1, Tile.DECODE, rows(1), slices(0, 0)),
        ErrorReason.ERROR_REASON_NODE_DRAINING);
    assertThat(closed).isNotDone();
    engine.release();
    closed.get();
    assertThat(running.get().outputs().toArray()).hasSize(HIDDEN);
  }

  @Test
  void closeThatIsInterruptedSaysThatTheEngineIsStillUsed() throws Exception {
    var running = blockedCall();
    Thread.currentThread().interrupt();
    batcher.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(batcher.stopped()).isFalse();
    engine.release();
    batcher.close();
    assertThat(batcher.stopped()).isTrue();
    assertThat(running.get().outputs().toArray()).hasSize(HIDDEN);
  }

  @Test
  void rowsAreCountedByExpertAndTimesAreTold() throws Exception {
    BatchResult result = submit(1, Tile.DECODE, rows(2), slices(4, 0, 6, 1)).get();
    assertThat(result.queueNanos()).isNotNegative();
    assertThat(result.computeNanos()).isPositive();
    assertThat(metrics())
        .contains("ennead_expert_rows_total{expert=\"4\"} 1.0")
        .contains("ennead_expert_rows_total{expert=\"6\"} 1.0")
        .contains("ennead_expert_compute_seconds_count 1")
        .contains("ennead_expert_queue_seconds_count 1");
  }

  private void restart(BatchLimits limits) {
    batcher.close();
    registry = new PrometheusRegistry();
    batcher = ExpertBatcher.start(engine, limits, registry);
  }

  /** A call that keeps the engine busy until {@link FormulaEngine#release}. */
  private CompletableFuture<BatchResult> blockedCall() throws InterruptedException {
    engine.block();
    var call = submit(0, Tile.DECODE, rows(1), slices(0, 0));
    engine.awaitEntered();
    return call;
  }

  private CompletableFuture<BatchResult> submit(RandomCall call) {
    return submit(call.layer(), call.tile(), Rows.of(call.rows(), HIDDEN), call.slices());
  }

  private CompletableFuture<BatchResult> submit(
      int layer, Tile tile, Rows rows, List<Slice> slices) {
    return batcher.submit(layer, tile, rows, slices, Caller.ANYBODY);
  }

  private CompletableFuture<BatchResult> submitPatiently(RandomCall call) {
    while (true) {
      try {
        return submit(call);
      } catch (ServingException e) {
        assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
        Thread.onSpinWait();
      }
    }
  }

  private static ObjectAssert<ServingException> assertRefused(
      ThrowingCallable call, ErrorReason reason) {
    return assertThatThrownBy(call)
        .asInstanceOf(type(ServingException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static void assertFailed(CompletableFuture<BatchResult> call, ErrorReason reason) {
    assertThatThrownBy(call::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .asInstanceOf(type(ServingException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static Rows rows(int count) {
    return Rows.of(new float[count * HIDDEN], HIDDEN);
  }

  /** Expert, row, expert, row ...: one row each. */
  private static List<Slice> slices(int... expertsAndRows) {
    List<Slice> slices = new ArrayList<>();
    for (int i = 0; i < expertsAndRows.length; i += 2) {
      slices.add(new Slice(expertsAndRows[i], new int[] {expertsAndRows[i + 1]}));
    }
    return slices;
  }

  private String metrics() throws IOException {
    var text = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(text, registry.scrape());
    return text.toString(StandardCharsets.UTF_8);
  }
}
