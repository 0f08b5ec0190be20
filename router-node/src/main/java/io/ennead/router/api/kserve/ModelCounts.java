package io.ennead.router.api.kserve;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import inference.InferStatistics;
import inference.ModelStatistics;
import inference.StatisticDuration;

/** What has become of a model's requests since the router started. Thread-safe. */
final class ModelCounts {
  private final String name;
  private final Total succeeded = new Total();
  private final Total failed = new Total();
  private final Total queued = new Total();
  private final Total input = new Total();
  private final Total inferred = new Total();
  private final Total output = new Total();

  @GuardedBy("this")
  private long lastMillis;

  ModelCounts(String name) {
    this.name = name;
  }

  /** A number of times, and how long they took together. Guarded by what contains it. */
  private static final class Total {
    private long count;
    private long nanos;

    void add(long more) {
      count++;
      nanos += Math.max(0, more);
    }

    StatisticDuration message() {
      return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
    }
  }

  /**
   * How long the parts of a request took.
   *
   * @param all from its arrival to its last response
   * @param read reading it
   * @param waited for a place in the batch, or a thread
   * @param written making its responses
   */
  record Nanos(long all, long read, long waited, long written) {}

  synchronized void succeeded(Nanos nanos) {
    succeeded.add(nanos.all());
    input.add(nanos.read());
    queued.add(nanos.waited());
    output.add(nanos.written());
    inferred.add(nanos.all() - nanos.read() - nanos.waited() - nanos.written());
    lastMillis = System.currentTimeMillis();
  }

  /** Refused, failed or cancelled. */
  synchronized void failed(long nanos) {
    failed.add(nanos);
  }

  /** All of it; each request counts as one inference and one execution. */
  synchronized ModelStatistics message() {
    return ModelStatistics.newBuilder()
        .setName(name)
        .setVersion(Repository.VERSION)
        .setLastInference(lastMillis)
        .setInferenceCount(succeeded.count)
        .setExecutionCount(succeeded.count)
        .setInferenceStats(
            InferStatistics.newBuilder()
                .setSuccess(succeeded.message())
                .setFail(failed.message())
                .setQueue(queued.message())
                .setComputeInput(input.message())
                .setComputeInfer(inferred.message())
                .setComputeOutput(output.message()))
        .build();
  }
}
