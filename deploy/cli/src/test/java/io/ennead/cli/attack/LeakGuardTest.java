package io.ennead.cli.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ennead.cli.attack.Usage.Resource;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The guard can fail: it finds every kind of leak that is made on purpose. */
@Timeout(60)
class LeakGuardTest {
  private static final int LEAKED = 40 << 20;
  private static final double MIB_32 = 32 << 20;
  private static final String METRICS =
      """
      ennead_kv_cache_usage_perc{model_name="demo"} %1$s
      ennead_num_requests_running{model_name="demo"} %1$s
      grpc_server_started_total{grpc_method="Generate"} 7.0
      grpc_server_handled_total{grpc_method="Generate",grpc_code="OK"} 4.0
      grpc_server_handled_total{grpc_method="Generate",grpc_code="CANCELLED"} 3.0
      """;

  @TempDir private Path directory;

  private static LeakGuard watch(Resource resource, double bound) {
    return LeakGuard.watch(Map.of(resource, bound), Duration.ofMillis(500));
  }

  private static void assertFound(LeakGuard guard, Resource resource) {
    assertThatThrownBy(() -> guard.assertNoGrowth("the work"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the work left in use: " + resource);
  }

  @Test
  void workThatLeavesNothingPasses() {
    LeakGuard guard =
        LeakGuard.watch(
            Map.of(Resource.HEAP, MIB_32, Resource.DIRECT, MIB_32, Resource.THREADS, 5.0),
            Duration.ofSeconds(10));
    for (int i = 0; i < 20; i++) {
      byte[] garbage = new byte[LEAKED];
      garbage[i] = 1;
    }
    ByteBuf buffer = UnpooledByteBufAllocator.DEFAULT.directBuffer(LEAKED);
    buffer.release();
    Usage after = guard.assertNoGrowth("the work");
    assertThat(after.amount(Resource.HEAP)).isPositive();
    assertThat(after.amount(Resource.THREADS)).isPositive();
  }

  @Test
  void anObjectKeptIsFound() {
    LeakGuard guard = watch(Resource.HEAP, MIB_32);
    byte[] kept = new byte[LEAKED];
    try {
      assertFound(guard, Resource.HEAP);
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  @Test
  void aDirectBufferKeptIsFound() {
    LeakGuard guard = watch(Resource.DIRECT, MIB_32);
    keepABuffer(guard);
    await().untilAsserted(() -> guard.assertNoGrowth("work that let go")); // nobody else pays
  }

  private static void keepABuffer(LeakGuard guard) {
    ByteBuffer kept = ByteBuffer.allocateDirect(LEAKED);
    try {
      assertFound(guard, Resource.DIRECT);
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  @Test
  void aNettyBufferNotReleasedIsFound() {
    LeakGuard guard = watch(Resource.DIRECT, MIB_32);
    ByteBuf kept = UnpooledByteBufAllocator.DEFAULT.directBuffer(LEAKED);
    assertFound(guard, Resource.DIRECT);
    kept.release();
  }

  @Test
  void memoryOfTheProcessIsFound() {
    LeakGuard guard = watch(Resource.RESIDENT, MIB_32);
    ByteBuf kept = UnpooledByteBufAllocator.DEFAULT.directBuffer(4 * LEAKED);
    kept.writeZero(4 * LEAKED); // a page is there once it is written
    assertFound(guard, Resource.RESIDENT);
    kept.release();
  }

  @Test
  void aThreadThatDoesNotEndIsFound() {
    CountDownLatch end = new CountDownLatch(1);
    LeakGuard guard = watch(Resource.THREADS, 5);
    for (int i = 0; i < 20; i++) {
      Thread thread = new Thread(() -> waitFor(end));
      thread.setDaemon(true);
      thread.start();
    }
    assertFound(guard, Resource.THREADS);
    end.countDown();
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aFileNotClosedIsFound() throws IOException {
    Path file = Files.createFile(directory.resolve("open"));
    LeakGuard guard = watch(Resource.FILES, 5);
    List<InputStream> kept = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      kept.add(Files.newInputStream(file));
    }
    assertFound(guard, Resource.FILES);
    for (InputStream stream : kept) {
      stream.close();
    }
  }

  @Test
  void blocksRequestsAndCallsAreReadFromTheMetrics() {
    Usage usage = Usage.now(List.of(() -> METRICS.formatted("0.5"), () -> METRICS.formatted("2")));
    assertThat(usage.amount(Resource.KV_CACHE)).isEqualTo(2.5);
    assertThat(usage.amount(Resource.REQUESTS)).isEqualTo(2.5);
    assertThat(usage.amount(Resource.CALLS)).isZero();
  }
}
