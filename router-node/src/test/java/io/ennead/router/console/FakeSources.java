package io.ennead.router.console;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.node.Readiness;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.dispatch.NodeLoad;
import io.ennead.router.generate.GenerationLoad;
import io.ennead.router.generate.LiveRequest;
import io.ennead.router.generate.LiveRequests;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.sample.SamplingOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** What a router of two layers and four experts might know. */
final class FakeSources {
  static final String PROMPT = "a secret";

  final FakeNode node = new FakeNode(8500).ready(2, List.of(0, 3));
  final FakeNode silent = new FakeNode(8502);
  final ExpertRowCounts rows = new ExpertRowCounts(List.of(0, 1), 4);
  final Readiness readiness = new Readiness();
  final AtomicInteger looks = new AtomicInteger();
  volatile Optional<Function<int[], String>> promptText = Optional.empty();
  volatile boolean busy;

  Sources sources() {
    rows.count(1, List.of(new ExpertRows(3, new int[] {0, 1}, new float[] {1, 1})));
    return new Sources(
        model(),
        readiness,
        () -> List.of(node, silent),
        peer -> new NodeLoad(2, 17, peer == silent),
        rows,
        () -> new GenerationLoad(1, 3, 40, 0.25, 100, 50),
        this::look,
        8472,
        promptText);
  }

  private CompletableFuture<LiveRequests> look(int most, int promptTokens) {
    looks.incrementAndGet();
    int[] prompt = Arrays.copyOf(new int[] {7, 8, 9}, Math.min(3, promptTokens));
    LiveRequest request =
        new LiveRequest(
            "id-1", LiveRequest.Phase.SET_ASIDE, 3, 3, 5, 64, Duration.ofMillis(1500), prompt);
    return busy
        ? new CompletableFuture<>()
        : CompletableFuture.completedFuture(new LiveRequests(List.of(request), 4));
  }

  private static ModelInfo model() {
    return new ModelInfo(
        "demo",
        "mixtral",
        "abc",
        "f32",
        512,
        100,
        4,
        2,
        List.of(0, 1),
        GateConfig.softmax(4, 2, true),
        SamplingOptions.DEFAULT);
  }
}
