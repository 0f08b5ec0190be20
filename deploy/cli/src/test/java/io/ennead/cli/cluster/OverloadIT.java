package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ennead.access.Role;
import io.ennead.client.EnneadClient;
import io.ennead.client.load.RequestMix;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.Priority;
import io.ennead.v1.TraceLevel;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More than a router can serve, and clients that do not read: on a cluster that asks for keys. */
@Timeout(180)
class OverloadIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(500); // each makes a certificate
  private static final int BATCH = 2;
  private static final int QUEUE = 30;
  private static final int FLOOD = 40;

  private static SecuredCluster cluster;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    cluster =
        new SecuredCluster(
            directory,
            "--max-batch=" + BATCH,
            "--max-queued-requests=" + QUEUE,
            "--max-queue-time=2m",
            "--stall-timeout=300ms");
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static EnneadClient client(Role keyOf) throws Exception {
    return EnneadClient.connect(
        cluster.router().address(), cluster.dialer(cluster.client()).withKey(cluster.key(keyOf)));
  }

  private static GenerateRequest.Builder request(int tokens) {
    return RequestMix.request(new int[] {0, 7, 8}, tokens);
  }

  private static double metric(String name) throws Exception {
    Optional<String> reader = Optional.of(cluster.key(Role.READ));
    return MetricsPage.sum(cluster.get(cluster.router().admin(), "/metrics", reader).body(), name);
  }

  @Test
  void aTenantThatFloodsLeavesOthersTheirTurnAndTheirPlaces() throws Exception {
    AtomicInteger flooded = new AtomicInteger();
    try (EnneadClient flood = client(Role.INFER);
        EnneadClient small = client(Role.ADMIN)) {
      List<CompletableFuture<?>> all = new ArrayList<>();
      for (int i = 0; i < FLOOD; i++) {
        all.add(
            flood
                .generate(request(6).build(), LIMIT, piece -> {})
                .thenRun(flooded::incrementAndGet));
      }
      await().atMost(LIMIT).until(() -> refused(all) > 0 && flooded.get() > 0);
      for (int i = 0; i < 2; i++) {
        int before = flooded.get();
        small.generate(request(6).build(), LIMIT, piece -> {}).join();
        // Those that ran already, one in its turn, and what ends while the answer is on its way.
        // In order of arrival there would be ten or more.
        assertThat(flooded.get() - before).isLessThanOrEqualTo(3 * BATCH);
      }
      int left = FLOOD - refused(all) - flooded.get();
      assertThat(left).as("still waiting of the flood").isPositive();
      await().atMost(LIMIT).until(() -> all.stream().allMatch(CompletableFuture::isDone));
    }
    assertThat(metric("ennead_requests_refused_total")).isPositive();
  }

  private static int refused(List<CompletableFuture<?>> calls) {
    int refused = 0;
    for (CompletableFuture<?> call : calls) {
      if (call.isCompletedExceptionally()) {
        CompletionException failure = catchThrowableOfType(CompletionException.class, call::join);
        ServingException refusal = (ServingException) failure.getCause();
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
        assertThat(refusal.metadata())
            .containsEntry("queue", "tenant's share of the request queue");
        assertThat(refusal.retryAfter()).isPresent();
        refused++;
      }
    }
    return refused;
  }

  @Test
  void aPriorityThatTheKeyDoesNotAllowIsRefused() throws Exception {
    try (EnneadClient client = client(Role.INFER)) {
      GenerateRequest high = request(1).setPriority(Priority.PRIORITY_HIGH).build();
      CompletionException failure =
          catchThrowableOfType(
              CompletionException.class, () -> client.generate(high, LIMIT, piece -> {}).join());
      assertThat(failure.getCause())
          .isInstanceOf(ServingException.class)
          .hasMessage("priority: high (expected: at most normal, as the caller's key says)");
      GenerateRequest low = request(1).setPriority(Priority.PRIORITY_LOW).build();
      assertThat(client.generate(low, LIMIT, piece -> {}).join().getGeneratedTokens()).isOne();
    }
  }

  @Test
  void aClientThatStopsReadingIsCutOffAndWhatItHeldIsFree() throws Exception {
    double before = metric("ennead_slow_readers_cut_total");
    ManagedChannel channel =
        cluster
            .dialer(cluster.client())
            .withKey(cluster.key(Role.INFER))
            .to(cluster.router().address())
            .flowControlWindow(1024)
            .build();
    try {
      Reader reader = new Reader();
      GenerateRequest.Builder request = request(900).setLogprobs(20);
      request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL);
      InferenceServiceGrpc.newStub(channel).generate(request.build(), reader);
      await()
          .atMost(LIMIT)
          .pollInterval(POLL)
          .until(() -> metric("ennead_slow_readers_cut_total") == before + 1);
      await()
          .atMost(LIMIT)
          .pollInterval(POLL)
          .until(
              () ->
                  metric("ennead_num_requests_running") == 0
                      && metric("ennead_kv_cache_usage_perc") == 0);
      reader.calls.get(10, TimeUnit.SECONDS).request(10_000);
      ServingException failure =
          GrpcErrors.fromThrowable(reader.ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
      assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_READER_STALLED);
      assertThat(failure.metadata()).containsEntry("limit_ms", "300");
      assertThat(reader.pieces).hasSizeLessThan(900);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Takes nothing until it is told to. */
  private static final class Reader
      implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
    private final CompletableFuture<ClientCallStreamObserver<GenerateRequest>> calls =
        new CompletableFuture<>();
    private final List<GenerateResponse> pieces = Collections.synchronizedList(new ArrayList<>());
    private final CompletableFuture<Throwable> ended = new CompletableFuture<>();

    @Override
    public void beforeStart(ClientCallStreamObserver<GenerateRequest> call) {
      call.disableAutoRequestWithInitial(0);
      calls.complete(call);
    }

    @Override
    public void onNext(GenerateResponse piece) {
      pieces.add(piece);
    }

    @Override
    public void onError(Throwable failure) {
      ended.complete(failure);
    }

    @Override
    public void onCompleted() {
      ended.complete(new IllegalStateException("completed"));
    }
  }
}
