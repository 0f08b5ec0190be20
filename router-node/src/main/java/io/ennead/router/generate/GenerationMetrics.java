package io.ennead.router.generate;

import io.ennead.v1.ErrorReason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Metrics of generation for one model: the names that vLLM's dashboards know, after our prefix,
 * with its label {@code model_name}. Called by the generation loop; safe for use by several
 * threads.
 */
public final class GenerationMetrics {
  private static final String MODEL = "model_name";

  /** Counted from 0, since a rate needs a first value. */
  private static final List<ErrorReason> USUAL_FAILURES =
      List.of(
          ErrorReason.ERROR_REASON_QUEUE_FULL,
          ErrorReason.ERROR_REASON_CANCELLED,
          ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
          ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE,
          ErrorReason.ERROR_REASON_ENGINE_FAILURE);

  private static final double[] TOKENS = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000
  };
  private static final double[] LATENCY = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120
  };

  private final Map<FinishInfo.Reason, CounterDataPoint> successes =
      new EnumMap<>(FinishInfo.Reason.class);
  private final Counter failures;
  private final String modelName;
  private final CounterDataPoint promptTokens;
  private final CounterDataPoint generationTokens;
  private final CounterDataPoint prefixQueries;
  private final CounterDataPoint prefixHits;
  private final CounterDataPoint degradedTokens;
  private final DistributionDataPoint timeToFirstToken;
  private final DistributionDataPoint interTokenLatency;
  private final DistributionDataPoint requestLatency;
  private final DistributionDataPoint queueTime;
  private final DistributionDataPoint prefillTime;
  private final DistributionDataPoint decodeTime;
  private final DistributionDataPoint requestPromptTokens;
  private final DistributionDataPoint requestGenerationTokens;
  private final GaugeDataPoint running;
  private final GaugeDataPoint waiting;
  private final GaugeDataPoint waitingTokens;
  private final GaugeDataPoint kvCacheUsage;
  private final Map<Admission.Bound, CounterDataPoint> refusals =
      new EnumMap<>(Admission.Bound.class);

  /** Registers the metrics; one instance per registry. */
  public GenerationMetrics(PrometheusRegistry registry, String modelName) {
    Counter success =
        Counter.builder()
            .name("ennead_request_success_total")
            .help("Requests that were completed, by reason of their end.")
            .labelNames(MODEL, "finished_reason")
            .register(registry);
    for (FinishInfo.Reason reason : FinishInfo.Reason.values()) {
      successes.put(reason, success.labelValues(modelName, reason.name().toLowerCase(Locale.ROOT)));
    }
    this.modelName = modelName;
    failures =
        Counter.builder()
            .name("ennead_request_failure_total")
            .help("Requests that were refused or ended with an error, by its reason.")
            .labelNames(MODEL, "reason")
            .register(registry);
    USUAL_FAILURES.forEach(reason -> failures.initLabelValues(modelName, label(reason)));
    promptTokens =
        counter(registry, modelName, "prompt_tokens_total", "Tokens of prompts processed.");
    generationTokens = counter(registry, modelName, "generation_tokens_total", "Tokens generated.");
    prefixQueries =
        counter(
            registry,
            modelName,
            "prefix_cache_queries_total",
            "Tokens of prompts whose beginning was looked for in the prefix cache.");
    prefixHits =
        counter(
            registry,
            modelName,
            "prefix_cache_hits_total",
            "Tokens of prompts not computed, since the prefix cache had them.");
    degradedTokens =
        counter(
            registry,
            modelName,
            "degraded_tokens_total",
            "Tokens computed without some of their experts, as their requests allowed.");
    timeToFirstToken =
        histogram(
            registry,
            modelName,
            "time_to_first_token_seconds",
            "Seconds from a request's arrival to its first token.");
    interTokenLatency =
        histogram(
            registry,
            modelName,
            "inter_token_latency_seconds",
            "Seconds between two tokens of a request.");
    requestLatency =
        histogram(
            registry,
            modelName,
            "e2e_request_latency_seconds",
            "Seconds from a request's arrival to its end.");
    queueTime =
        histogram(
            registry,
            modelName,
            "request_queue_time_seconds",
            "Seconds a request waited for a place in the batch.");
    prefillTime =
        histogram(
            registry,
            modelName,
            "request_prefill_time_seconds",
            "Seconds from a request's place in the batch to its first token.");
    decodeTime =
        histogram(
            registry,
            modelName,
            "request_decode_time_seconds",
            "Seconds from a request's first token to its last.");
    requestPromptTokens =
        histogram(
            registry,
            modelName,
            "request_prompt_tokens",
            "Tokens of the prompt of a request that was completed.",
            TOKENS);
    requestGenerationTokens =
        histogram(
            registry,
            modelName,
            "request_generation_tokens",
            "Tokens generated for a request that was completed.",
            TOKENS);
    running = gauge(registry, modelName, "num_requests_running", "Requests in the batch.");
    waiting = gauge(registry, modelName, "num_requests_waiting", "Requests that wait for a place.");
    waitingTokens =
        gauge(
            registry,
            modelName,
            "num_tokens_waiting",
            "Tokens of the prompts of requests that wait for a place.");
    Counter refused =
        Counter.builder()
            .name("ennead_requests_refused_total")
            .help("Requests that did not fit the queue, by the bound that they did not fit.")
            .labelNames(MODEL, "bound")
            .register(registry);
    for (Admission.Bound bound : Admission.Bound.values()) {
      refusals.put(bound, refused.labelValues(modelName, bound.name().toLowerCase(Locale.ROOT)));
    }
    kvCacheUsage =
        gauge(registry, modelName, "kv_cache_usage_perc", "Share of the KV cache in use, 0 to 1.");
  }

  /** Tokens of prompts so far. */
  double promptTokens() {
    return promptTokens.get();
  }

  /** Tokens generated so far. */
  double generatedTokens() {
    return generationTokens.get();
  }

  /** A request got its place in the batch. */
  public void started(Duration queued) {
    queueTime.observe(seconds(queued));
  }

  /** Tokens of a prompt went through the model. */
  public void prefilled(int tokens) {
    promptTokens.inc(tokens);
  }

  /** The beginning of a prompt of so many tokens was looked for in the prefix cache. */
  public void prefixQueried(int tokens) {
    prefixQueries.inc(tokens);
  }

  /** So many tokens of a prompt were in the prefix cache. */
  public void prefixHit(int tokens) {
    prefixHits.inc(tokens);
  }

  /** So many tokens were computed without some of their experts. */
  public void degraded(int tokens) {
    degradedTokens.inc(tokens);
  }

  /** A request's first token is there. */
  public void firstToken(Duration sinceArrival) {
    generationTokens.inc();
    timeToFirstToken.observe(seconds(sinceArrival));
  }

  /** Another token of a request is there. */
  public void nextToken(Duration sinceLast) {
    generationTokens.inc();
    interTokenLatency.observe(seconds(sinceLast));
  }

  /** A request was completed. */
  public void finished(FinishInfo info) {
    CounterDataPoint success = successes.get(info.reason());
    if (success != null) {
      success.inc();
    }
    requestLatency.observe(seconds(info.total()));
    prefillTime.observe(seconds(info.firstToken().minus(info.queued())));
    decodeTime.observe(seconds(info.total().minus(info.firstToken())));
    requestPromptTokens.observe(info.promptTokens());
    requestGenerationTokens.observe(info.generatedTokens());
  }

  /** A request was refused, or ended with an error. */
  public void failed(ErrorReason reason) {
    failures.labelValues(modelName, label(reason)).inc();
  }

  /** A reason as labels have it. */
  static String label(ErrorReason reason) {
    return reason.name().substring("ERROR_REASON_".length());
  }

  /** A request did not fit the queue. */
  void refused(Admission.Bound bound) {
    CounterDataPoint refused = refusals.get(bound);
    if (refused != null) {
      refused.inc();
    }
  }

  /**
   * The state after a step.
   *
   * @param tokensWaiting of prompts
   * @param kvUsage share of the KV cache in use, 0 to 1
   */
  public void state(int requestsRunning, int requestsWaiting, long tokensWaiting, double kvUsage) {
    running.set(requestsRunning);
    waiting.set(requestsWaiting);
    waitingTokens.set(tokensWaiting);
    kvCacheUsage.set(kvUsage);
  }

  /** What was last told of. */
  public GenerationLoad load() {
    return new GenerationLoad(
        (int) running.get(),
        (int) waiting.get(),
        (long) waitingTokens.get(),
        kvCacheUsage.get(),
        (long) promptTokens.get(),
        (long) generationTokens.get());
  }

  private static CounterDataPoint counter(
      PrometheusRegistry registry, String modelName, String name, String help) {
    return Counter.builder()
        .name("ennead_" + name)
        .help(help)
        .labelNames(MODEL)
        .register(registry)
        .labelValues(modelName);
  }

  private static GaugeDataPoint gauge(
      PrometheusRegistry registry, String modelName, String name, String help) {
    return Gauge.builder()
        .name("ennead_" + name)
        .help(help)
        .labelNames(MODEL)
        .register(registry)
        .labelValues(modelName);
  }

  private static DistributionDataPoint histogram(
      PrometheusRegistry registry, String modelName, String name, String help) {
    return histogram(registry, modelName, name, help, LATENCY);
  }

  private static DistributionDataPoint histogram(
      PrometheusRegistry registry, String modelName, String name, String help, double[] bounds) {
    return Histogram.builder()
        .name("ennead_" + name)
        .help(help)
        .labelNames(MODEL)
        .classicUpperBounds(bounds)
        .register(registry)
        .labelValues(modelName);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
