package io.ennead.expert;

import io.ennead.expert.batch.BatchLimits;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.node.NodeServer;
import io.ennead.node.SecurityConfig;
import io.ennead.node.Setting;
import io.ennead.node.TelemetryConfig;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Configuration of an expert node.
 *
 * @param model directory of the checkpoint
 * @param experts which experts of every layer: "all", "0-3,7" or "2/8", the third of eight shares
 * @param maxExperts experts over all layers that may be held at a time; 0: any number
 * @param packs directory of expert packs; empty: none
 * @param nodeName name for people; empty: expert-PORT
 * @param device "cpu" or "cuda:N"
 * @param dtype number format of the products
 * @param host address to bind
 * @param port gRPC; 0: any free one
 * @param adminPort HTTP; 0: any free one
 * @param threads native threads per kernel call
 * @param decodeTile rows per product when decoding, 0: by the experts' size; decides the bits
 * @param prefillTile rows per product otherwise, 0: by the experts' size; decides the bits
 * @param batchInvariant pad every kernel call to its tile, so that bits do not depend on the batch
 * @param maxBatchRows rows up to which waiting calls are joined
 * @param maxQueuedRows rows that may wait
 * @param maxQueuedBytes bytes of activations that may wait; they live in the heap, of which {@code
 *     ennead cluster up} gives a node 256 MiB. One call, whose size the message limits bound, may
 *     wait whatever this says
 * @param maxMessageBytes longest request, and longest reply
 * @param shutdownGrace how long calls in progress may take at the end
 * @param drainDelay how long routers have to see that the node is about to end: two of their polls
 * @param allowInsecure bind another address than loopback, without TLS
 * @param security certificates, keys, and where the admin port listens
 * @param telemetry how the log looks
 */
public record ExpertConfig(
    @Setting(help = "Model directory: config.json and safetensors files") Path model,
    @Setting(
            help =
                "Experts to hold, of every layer: all, as 0-3,7, or a share: 2/8 is the third of"
                    + " eight; NAME-2/8 as well, for pods",
            byDefault = "all")
        String experts,
    @Setting(
            help = "Experts of all layers together that may be held at a time; 0: any number",
            byDefault = "0")
        int maxExperts,
    @Setting(
            help = "Directory of expert packs, each in NAME@VERSION; empty: none can be added",
            byDefault = "")
        Path packs,
    @Setting(help = "Name for people; empty: expert-PORT", byDefault = "") String nodeName,
    @Setting(help = "Where the experts live: cpu or cuda:N", byDefault = "cpu") String device,
    @Setting(help = "Number format of the products", byDefault = "f32") ComputeType dtype,
    @Setting(help = "Address to bind", byDefault = "127.0.0.1") String host,
    @Setting(help = "gRPC port; 0: any free one", byDefault = "8500") int port,
    @Setting(help = "Admin HTTP port; 0: any free one", byDefault = "8501") int adminPort,
    @Setting(
            help =
                "Native threads per kernel call; the same on every node: cores of a machine over"
                    + " its busy nodes, and at least 1",
            byDefault = "1")
        int threads,
    @Setting(
            help =
                "Rows per product when decoding; the same on every node; 0: by the experts' size",
            byDefault = "0")
        int decodeTile,
    @Setting(
            help = "Rows per product otherwise; the same on every node; 0: by the experts' size",
            byDefault = "0")
        int prefillTile,
    @Setting(
            help = "Run kernels on fixed tiles: bits do not depend on what else is computed",
            byDefault = "true")
        boolean batchInvariant,
    @Setting(help = "Waiting calls are joined up to so many rows", byDefault = "4096")
        int maxBatchRows,
    @Setting(help = "Rows that may wait; more are refused", byDefault = "65536") int maxQueuedRows,
    @Setting(
            help = "Bytes of activations that may wait, well below -Xmx; more are refused",
            byDefault = "64MiB",
            bytes = true)
        long maxQueuedBytes,
    @Setting(help = "Longest message, in and out", byDefault = "64MiB", bytes = true)
        int maxMessageBytes,
    @Setting(help = "Time for calls in progress at the end", byDefault = "30s")
        Duration shutdownGrace,
    @Setting(
            help = "Time between the end of readiness and the end of accepting calls",
            byDefault = "500ms")
        Duration drainDelay,
    @Setting(help = "Bind other addresses than loopback, without TLS", byDefault = "false")
        boolean allowInsecure,
    SecurityConfig security,
    TelemetryConfig telemetry) {

  /**
   * Multiplications of the longest call that the transport's own thread computes: about a
   * millisecond on one core, while waking another thread takes a fortieth of that and other calls
   * of the same connection can wait so long.
   */
  private static final long MAX_INLINE_WORK = 32L << 20;

  /** Checks what needs no model to be checked. */
  public ExpertConfig {
    ExpertIds.requireSyntax(experts);
    if (!EngineOptions.isDevice(device)) {
      throw new IllegalArgumentException("device: %s (expected: cpu or cuda:N)".formatted(device));
    }
    requirePort("port", port);
    requirePort("admin-port", adminPort);
    requireAtLeast("max-experts", maxExperts, 0);
    requirePositive("threads", threads);
    requireAtLeast("decode-tile", decodeTile, 0);
    requireAtLeast("prefill-tile", prefillTile, 0);
    requirePositive("max-batch-rows", maxBatchRows);
    requirePositive("max-queued-rows", maxQueuedRows);
    requirePositive("max-queued-bytes", maxQueuedBytes);
    requirePositive("max-message-bytes", maxMessageBytes);
  }

  private static void requirePort(String key, int value) {
    if (value < 0 || value > 65_535) {
      throw new IllegalArgumentException("%s: %d (expected: 0 to 65535)".formatted(key, value));
    }
  }

  private static void requirePositive(String key, long value) {
    requireAtLeast(key, value, 1);
  }

  private static void requireAtLeast(String key, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s: %d (expected: at least %d)".formatted(key, value, least));
    }
  }

  EngineOptions engineOptions() {
    return new EngineOptions(device, dtype, threads, decodeTile, prefillTile, batchInvariant);
  }

  /** For experts of this shape. */
  BatchLimits batchLimits(int hidden, int width) {
    long shortRows = MAX_INLINE_WORK / (3L * hidden * width);
    int inlineRows = (int) Math.min(shortRows, Math.min(maxBatchRows, maxQueuedRows));
    return new BatchLimits(maxBatchRows, maxQueuedRows, maxQueuedBytes, inlineRows);
  }

  NodeServer.Options serverOptions() {
    return new NodeServer.Options(host, port, maxMessageBytes, allowInsecure, shutdownGrace);
  }
}
