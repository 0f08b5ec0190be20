package io.ennead.router;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.node.ConfigException;
import io.ennead.node.NodeServer;
import io.ennead.node.SecurityConfig;
import io.ennead.node.Setting;
import io.ennead.node.TelemetryConfig;
import io.ennead.router.api.MoeLimits;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.QueueLimits;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.SchedulerLimits;
import io.ennead.router.model.DecoderOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.trace.TraceLevel;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/** Everything that can be set on a router node. */
public record RouterConfig(
    @Setting(help = "directory of the model: config.json, tokenizer.json, safetensors") Path model,
    @Setting(help = "name that requests use; empty: the directory's name", byDefault = "")
        String modelName,
    @Setting(help = "device of the dense part: cpu or cuda:N", byDefault = "cpu") String device,
    @Setting(
            help =
                "number format of matrix products: f32, bf16 or int8 (experts); as on the expert nodes",
            byDefault = "f32")
        ComputeType dtype,
    @Setting(
            help = "address to listen on; other than loopback needs TLS or --allow-insecure",
            byDefault = "127.0.0.1")
        String host,
    @Setting(help = "gRPC port; 0: any free one", byDefault = "8470") int port,
    @Setting(
            help = "port of /metrics, /livez, /readyz and the web console; 0: any free one",
            byDefault = "8471")
        int adminPort,
    @Setting(help = "address of ClusterService, which only operators call", byDefault = "127.0.0.1")
        String clusterHost,
    @Setting(help = "its gRPC port; 0: any free one; -1: the admin port and 2", byDefault = "-1")
        int clusterPort,
    @Setting(
            help = "show the beginning of every prompt in the web console, to whoever may read it",
            byDefault = "false")
        boolean consolePrompts,
    @Setting(
            help =
                "series of metrics: summary, or layers, which adds those of every layer and expert",
            byDefault = "summary")
        MetricsDetail metricsDetail,
    @Setting(help = "native threads per call of the engine", byDefault = "1") int threads,
    @Setting(help = "rows per matrix product when decoding: part of the numerics", byDefault = "8")
        int decodeTile,
    @Setting(
            help =
                "rows per matrix product otherwise, and tokens of a prompt's chunk: part of the numerics",
            byDefault = "64")
        int prefillTile,
    @Setting(
            help = "run products on fixed tiles: bits do not depend on what else is computed",
            byDefault = "true")
        boolean batchInvariant,
    @Setting(help = "tokens of prompts in one step; at least one chunk", byDefault = "512")
        int prefillBudget,
    @Setting(help = "sequences that run at once", byDefault = "64") int maxBatch,
    @Setting(help = "positions in the KV cache, over all sequences", byDefault = "65536")
        int kvCacheTokens,
    @Setting(
            help =
                "keep the KV blocks of prompts, for prompts that begin alike and are routed alike",
            byDefault = "true")
        boolean prefixCache,
    @Setting(help = "requests that wait for a place; more are refused", byDefault = "256")
        int maxQueuedRequests,
    @Setting(
            help = "tokens of the prompts of requests that wait, at least the model's context",
            byDefault = "262144")
        int maxQueuedTokens,
    @Setting(
            help =
                "when the first that waits has waited for so long, more are refused; each tenant and"
                    + " priority by itself",
            byDefault = "10s")
        Duration maxQueueTime,
    @Setting(
            help =
                "a client that takes nothing for so long, though there is something, loses its call",
            byDefault = "30s")
        Duration stallTimeout,
    @Setting(help = "tokens in one call of MoeService.Forward", byDefault = "8192")
        int maxMoeTokens,
    @Setting(help = "temperature of the gate when a request has none", byDefault = "1")
        double routingTemperature,
    @Setting(
            help = "how experts are chosen when a request does not say: top-k or sampled",
            byDefault = "top-k")
        RoutingRule.Mode routingMode,
    @Setting(
            help = "experts per token that a request may ask for; 0: all that the model has",
            byDefault = "0")
        int maxExpertsPerToken,
    @Setting(help = "continuations of one prompt (n)", byDefault = "16") int maxContinuations,
    @Setting(help = "routing that a response may carry: none, summary or full", byDefault = "full")
        TraceLevel maxTrace,
    @Setting(
            help = "longest full trace of a response; beyond it is truncated, and says so",
            byDefault = "16MiB",
            bytes = true)
        long maxTraceBytes,
    @Setting(
            help = "tokens of one text that is scored in windows (ScoreStream)",
            byDefault = "1048576")
        int maxScoreTokens,
    @Setting(help = "longest request or response message", byDefault = "64MiB", bytes = true)
        int maxMessageBytes,
    @Setting(help = "how long requests in progress may take when shutting down", byDefault = "30s")
        Duration grace,
    @Setting(
            help = "time between the end of readiness and the end of accepting calls",
            byDefault = "500ms")
        Duration drainDelay,
    @Setting(help = "listen beyond loopback without TLS", byDefault = "false")
        boolean allowInsecure,
    HttpConfig http,
    PoolConfig pool,
    LearningConfig learning,
    SecurityConfig security,
    TelemetryConfig telemetry) {

  /** How fine the metrics are. */
  public enum MetricsDetail {
    /** Peers, and experts over all layers. */
    SUMMARY,
    /** Every layer and its experts, too. */
    LAYERS
  }

  /** Positions per KV block. */
  static final int BLOCK_SIZE = 32;

  /** Checks ranges and what contradicts itself. */
  public RouterConfig {
    requireAtLeast("cluster-port", clusterPort, -1);
    requirePort("admin-port", adminPort);
    requirePort("http-port", http.port(adminPort));
    requirePort("cluster-port", beside(adminPort, 2, clusterPort));
    requireAtLeast("threads", threads, 1);
    requireAtLeast("decode-tile", decodeTile, 2);
    requireAtLeast("prefill-tile", prefillTile, 2);
    requireAtLeast("prefill-budget", prefillBudget, prefillTile);
    requireAtLeast("max-batch", maxBatch, 1);
    requireAtLeast("kv-cache-tokens", kvCacheTokens, BLOCK_SIZE);
    requireAtLeast("max-queued-requests", maxQueuedRequests, 1);
    requireAtLeast("max-queued-tokens", maxQueuedTokens, 1);
    requireAtLeast("max-moe-tokens", maxMoeTokens, 1);
    requireAtLeast("max-experts-per-token", maxExpertsPerToken, 0);
    requireAtLeast("max-continuations", maxContinuations, 1);
    if (Double.isNaN(routingTemperature)) {
      throw new IllegalArgumentException("routing-temperature: NaN (expected: a number)");
    }
    requireAtLeast("max-score-tokens", maxScoreTokens, 1);
    requirePositive("max-queue-time", maxQueueTime);
    requirePositive("stall-timeout", stallTimeout);
  }

  private static void requirePort(String key, int value) {
    if (value < 0 || value > 65_535) {
      throw new IllegalArgumentException("%s: %d (expected: 0 to 65535)".formatted(key, value));
    }
  }

  static void requireAtLeast(String key, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s: %d (expected: at least %d)".formatted(key, value, least));
    }
  }

  static void requirePositive(String key, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("%s: %s (expected: more than 0)".formatted(key, value));
    }
  }

  /** The name that requests use. */
  public String servedName() {
    return modelName.isEmpty()
        ? model.toAbsolutePath().normalize().getFileName().toString()
        : modelName;
  }

  /**
   * A sequence as long as the context must fit the KV cache, else it would wait for ever, and a
   * prompt the queue, else it would never be let in.
   */
  void requireRoomFor(int contextLength) {
    if (blockPool().count() * BLOCK_SIZE < contextLength) {
      throw new ConfigException(
          "kv-cache-tokens: %d (expected: at least %d, the model's context in whole blocks of %d)"
              .formatted(
                  kvCacheTokens,
                  (contextLength + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE,
                  BLOCK_SIZE));
    }
    if (maxQueuedTokens < contextLength) {
      throw new ConfigException(
          "max-queued-tokens: %d (expected: at least %d, the model's context)"
              .formatted(maxQueuedTokens, contextLength));
    }
  }

  /** Whether single layers get series. */
  boolean layerMetrics() {
    return metricsDetail == MetricsDetail.LAYERS;
  }

  NodeServer.Options serverOptions() {
    return new NodeServer.Options(host, port, maxMessageBytes, allowInsecure, grace).toClients();
  }

  /** Of what only operators call. */
  NodeServer.Options clusterOptions() {
    return new NodeServer.Options(
        clusterHost, beside(adminPort, 2, clusterPort), maxMessageBytes, allowInsecure, grace);
  }

  /** A port that was given; for -1 the one so far above the admin port, any where that is any. */
  static int beside(int adminPort, int above, int given) {
    if (given != -1) {
      return given;
    }
    return adminPort == 0 ? 0 : adminPort + above;
  }

  DecoderOptions decoderOptions() {
    return new DecoderOptions(
        device,
        dtype,
        threads,
        decodeTile,
        prefillTile,
        batchInvariant,
        blockPool().count(),
        BLOCK_SIZE);
  }

  /**
   * What absent routing options mean, and what requests may ask for, of a model with such a gate.
   */
  RequestPolicy requestPolicy(GateConfig gate) {
    int open = gate.open(Set.of());
    int most = maxExpertsPerToken == 0 ? open : Math.min(maxExpertsPerToken, open);
    return new RequestPolicy(
        RoutingRule.atTemperature(routingTemperature).withMode(routingMode),
        pool.failureRules(),
        new RequestPolicy.Bounds(
            most, Math.min(maxContinuations, maxBatch), maxTrace, maxTraceBytes, maxScoreTokens));
  }

  MoeLimits moeLimits() {
    MoeLimits usual = MoeLimits.DEFAULT;
    return new MoeLimits(maxMoeTokens, 4 * maxMoeTokens, usual.threads(), usual.queue());
  }

  SlowReaders.Limits slowReaderLimits() {
    return SlowReaders.Limits.with(maxTraceBytes, stallTimeout);
  }

  SchedulerLimits schedulerLimits() {
    return new SchedulerLimits(
        maxBatch,
        new QueueLimits(maxQueuedRequests, maxQueuedTokens, maxQueueTime),
        prefillTile,
        prefillBudget,
        prefixCache);
  }

  BlockPool blockPool() {
    return new BlockPool(kvCacheTokens / BLOCK_SIZE, BLOCK_SIZE);
  }
}
