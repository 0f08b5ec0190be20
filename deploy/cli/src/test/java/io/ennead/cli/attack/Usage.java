package io.ennead.cli.attack;

import com.sun.management.UnixOperatingSystemMXBean;
import io.ennead.cli.cluster.MetricsPage;
import io.ennead.cli.cluster.ProcStatus;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What this process, and the nodes whose metrics it reads, use at a moment. */
record Usage(Map<Resource, Double> amounts) {

  /** What can leak. */
  enum Resource {
    /** Bytes of objects that a full collection leaves. */
    HEAP,
    /** Bytes of direct buffers, the JVM's and Netty's. */
    DIRECT,
    /** Bytes of the process in memory, also those of native libraries; Linux only. */
    RESIDENT,
    /** Live threads. */
    THREADS,
    /** Open file descriptors, sockets among them. */
    FILES,
    /** Share of the KV cache in use, summed over nodes. */
    KV_CACHE,
    /** Requests in the batch or waiting for it. */
    REQUESTS,
    /** Calls that arrived and did not end. */
    CALLS
  }

  /**
   * Collects garbage and measures.
   *
   * @param metrics pages as Prometheus reads them, one a node
   */
  static Usage now(List<Supplier<String>> metrics) {
    System.gc();
    Map<Resource, Double> amounts = new EnumMap<>(Resource.class);
    amounts.put(Resource.HEAP, heap());
    amounts.put(Resource.DIRECT, direct());
    amounts.put(Resource.RESIDENT, resident());
    amounts.put(Resource.THREADS, (double) ManagementFactory.getThreadMXBean().getThreadCount());
    amounts.put(Resource.FILES, files());
    List<String> pages = metrics.stream().map(Supplier::get).toList();
    amounts.put(Resource.KV_CACHE, sum(pages, "ennead_kv_cache_usage_perc"));
    amounts.put(
        Resource.REQUESTS,
        sum(pages, "ennead_num_requests_running") + sum(pages, "ennead_num_requests_waiting"));
    amounts.put(
        Resource.CALLS,
        sum(pages, "grpc_server_started_total") - sum(pages, "grpc_server_handled_total"));
    return new Usage(amounts);
  }

  private static double heap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static double direct() {
    double jvm =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return jvm + Math.max(0, PlatformDependent.usedDirectMemory());
  }

  private static double resident() {
    return ProcStatus.of(ProcessHandle.current().pid()).stream()
        .flatMapToLong(status -> status.residentBytes().stream())
        .sum();
  }

  private static double files() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return system instanceof UnixOperatingSystemMXBean unix ? unix.getOpenFileDescriptorCount() : 0;
  }

  /** The sum over a metric's lines, whatever their labels. */
  private static double sum(List<String> pages, String metric) {
    return pages.stream().mapToDouble(page -> MetricsPage.sum(page, metric)).sum();
  }

  double amount(Resource resource) {
    return amounts.getOrDefault(resource, 0.0);
  }

  double growth(Resource resource, Usage before) {
    return amount(resource) - before.amount(resource);
  }
}
