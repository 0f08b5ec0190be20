package io.ennead.router;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.node.ConfigException;
import io.ennead.node.NodeServer;
import io.ennead.node.SecurityConfig;
import io.ennead.node.Setting;
import io.ennead.router.api.MoeLimits;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.balance.BalanceOptions;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.FailureRules;
import io.ennead.router.generate.QueueLimits;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.SchedulerLimits;
import io.ennead.router.model.DecoderOptions;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.peer.PeerMonitor;
import io.ennead.router.peer.PeerSource;
import io.ennead.router.trace.TraceLevel;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Everything that can be set on a router node. */
public record RouterConfig(
    @Setting(help = "directory of the model: config.json, tokenizer.json, safetensors") Path model,
    @Setting(help = "name that requests use; empty: the directory's name", byDefault = "")
        String modelName,
    @Setting(
            help =
                "expert nodes, separated by commas: host:port, or dns:///host:port for every address of"
                    + " a name, which is looked up again and again")
        List<String> expertNodes,
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
    @Setting(help = "port of /metrics, /livez and /readyz; 0: any free one", byDefault = "8471")
        int adminPort,
    @Setting(help = "address of ClusterService, which only operators call", byDefault = "127.0.0.1")
        String clusterHost,
    @Setting(help = "its gRPC port; 0: any free one; -1: the admin port and 2", byDefault = "-1")
        int clusterPort,
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
    @Setting(
            help =
                "how long an expert node may take for a layer before another is asked, at most; where"
                    + " calls usually take more than an eighth of it, eight times as long as they do",
            byDefault = "400ms")
        Duration expertBudget,
    @Setting(
            help = "the same whatever calls usually take, and as long as that is not known",
            byDefault = "5s")
        Duration expertTimeout,
    @Setting(
            help =
                "when experts cannot be reached, of requests that do not say: fail, wait (until their"
                    + " deadline) or drop (go on without; the response tells)",
            byDefault = "fail")
        FailurePolicy.Mode expertFailure,
    @Setting(
            help = "how long tokens whose experts cannot be reached are tried again, then it fails",
            byDefault = "2s")
        Duration expertPatience,
    @Setting(help = "the same of requests that wait, at most", byDefault = "1m")
        Duration maxExpertWait,
    @Setting(
            help = "share of a request's tokens that may be computed without an expert; 0: none",
            byDefault = "0")
        double maxDegradedShare,
    @Setting(
            help =
                "how often experts are moved to even out the nodes' loads, on one router of a pool;"
                    + " 0: only when an operator asks",
            byDefault = "0s")
        Duration balanceInterval,
    @Setting(
            help =
                "replicas per layer beyond one of each expert that balancing makes; -1: as many as there"
                    + " are",
            byDefault = "-1")
        int spareReplicas,
    @Setting(help = "how often each expert node is asked what it holds", byDefault = "250ms")
        Duration probeInterval,
    @Setting(
            help =
                "hash the experts in the model directory and refuse expert nodes that hold others",
            byDefault = "true")
        boolean verifyExperts,
    @Setting(
            help =
                "let replicas give other bits (other processors or devices); every response says so in"
                    + " the header x-ennead-mixed-numerics",
            byDefault = "false")
        boolean allowMixedNumerics,
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
    @Setting(
            help = "file with the API key of role node that expert nodes are sent; empty: none",
            byDefault = "")
        Path peerKeyFile,
    SecurityConfig security) {

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
    expertNodes = List.copyOf(expertNodes);
    requireAtLeast("cluster-port", clusterPort, -1);
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
    requirePositive("expert-budget", expertBudget);
    requirePositive("expert-timeout", expertTimeout);
    requirePositive("max-queue-time", maxQueueTime);
    requirePositive("stall-timeout", stallTimeout);
    requirePositive("max-expert-wait", maxExpertWait);
    new FailureRules(expertFailure, expertPatience, maxExpertWait, maxDegradedShare);
    requireAtLeast("spare-replicas", spareReplicas, -1);
    requirePositive("probe-interval", probeInterval);
    if (balanceInterval.isNegative()) {
      throw new IllegalArgumentException(
          "balance-interval: %s (expected: at least 0)".formatted(balanceInterval));
    }
    requirePeers(expertNodes);
  }

  private static void requireAtLeast(String key, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s: %d (expected: at least %d)".formatted(key, value, least));
    }
  }

  private static void requirePositive(String key, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("%s: %s (expected: more than 0)".formatted(key, value));
    }
  }

  private static void requirePeers(List<String> expertNodes) {
    try {
      long different = expertNodes.stream().map(PeerSource::parse).distinct().count();
      if (different < expertNodes.size() || expertNodes.isEmpty()) {
        throw new IllegalArgumentException(
            "%s (expected: at least one, each once)".formatted(expertNodes));
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("expert-nodes: " + e.getMessage(), e);
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
    int beside = adminPort == 0 ? 0 : adminPort + 2;
    return new NodeServer.Options(
        clusterHost,
        clusterPort == -1 ? beside : clusterPort,
        maxMessageBytes,
        allowInsecure,
        grace);
  }

  /** Empty: no key is sent to expert nodes. */
  Optional<Path> peerKey() {
    return Optional.of(peerKeyFile).filter(path -> !path.toString().isEmpty());
  }

  List<PeerSource> peers() {
    return expertNodes.stream().map(PeerSource::parse).toList();
  }

  BalanceOptions balancing() {
    return new BalanceOptions(
        spareReplicas < 0 ? OptionalInt.empty() : OptionalInt.of(spareReplicas),
        BalanceOptions.USUAL_GAIN);
  }

  PeerMonitor.Options probing() {
    return new PeerMonitor.Options(probeInterval, PeerMonitor.Options.DEFAULT.timeout());
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
        new FailureRules(expertFailure, expertPatience, maxExpertWait, maxDegradedShare),
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
