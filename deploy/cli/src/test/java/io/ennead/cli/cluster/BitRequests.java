package io.ennead.cli.cluster;

import static io.ennead.v1.RoutingMode.ROUTING_MODE_SAMPLED;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.DataType;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingTrace;
import io.ennead.v1.Tensor;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceLevel;
import io.ennead.wire.TensorCodec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * A fixed set of requests of every kind (lengths, temperatures, routing modes, exclusions, several
 * continuations), and what a request's answer hashes to, bit by bit: token ids, log-probabilities
 * of five alternatives, and the full trace but for the nodes that answered.
 */
final class BitRequests {
  static final int COUNT = 32;
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int TOKENS = 16;
  private static final int LAYERS = 4;
  private static final int ROWS = 37;
  private static final int HIDDEN = 192;
  private static final List<GenerateRequest> REQUESTS = requests();

  private final EnneadClient client;
  private final AtomicBoolean retried = new AtomicBoolean();
  private final AtomicInteger tokens = new AtomicInteger();
  private final int interruption;
  private final Runnable interrupt;

  BitRequests(EnneadClient client) {
    this(client, 0, () -> {});
  }

  /** Does something when so many tokens have come. */
  BitRequests(EnneadClient client, int interruption, Runnable interrupt) {
    this.client = client;
    this.interruption = interruption;
    this.interrupt = interrupt;
  }

  private static List<GenerateRequest> requests() {
    Random random = new Random(20261125);
    return IntStream.range(0, COUNT).mapToObj(i -> request(random, i)).toList();
  }

  private static GenerateRequest request(Random random, int i) {
    int[] prompt = random.ints(1 + random.nextInt(150), 3, 4096).toArray();
    double[] temperatures = {1, 0.5, 2, 0, Double.POSITIVE_INFINITY, -1};
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(prompt).boxed().toList()))
            .setLogprobs(5)
            .setN(i % 8 == 0 ? 3 : 1);
    request.getStoppingBuilder().setMaxTokens(TOKENS).setIgnoreEos(true);
    request.getSamplingBuilder().setTemperature(i % 3 == 0 ? 0 : 0.8).setTopP(1).setSeed(1000 + i);
    request
        .getRoutingBuilder()
        .setTemperature(temperatures[i % temperatures.length])
        .setMode(i % 4 < 2 ? RoutingMode.ROUTING_MODE_TOP_K : RoutingMode.ROUTING_MODE_SAMPLED)
        .setExpertsPerToken(1 + i % 3);
    if (i % 5 == 0) {
      request.getRoutingBuilder().addExcluded(ExcludedExpert.newBuilder().setExpert(i % 8));
    }
    request.getTraceBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL);
    return request.build();
  }

  /** The first requests, so many of them at a time: a hash of each answer. */
  List<String> digests(int count, int atOnce) throws InterruptedException {
    ExecutorService callers = Executors.newFixedThreadPool(atOnce);
    try {
      List<Future<String>> digests =
          REQUESTS.stream()
              .limit(count)
              .map(request -> callers.submit(() -> digest(request)))
              .toList();
      return digests.stream().map(BitRequests::join).toList();
    } finally {
      callers.shutdownNow();
    }
  }

  private static String join(Future<String> digest) {
    try {
      return digest.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a request failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /**
   * Every layer on fixed rows, in both phases, by the model's own routing and by drawn experts:
   * outputs of MoeService.
   */
  String layers() {
    BitDigest digest = new BitDigest();
    for (int layer = 0; layer < LAYERS; layer++) {
      for (Phase phase : List.of(Phase.PHASE_PREFILL, Phase.PHASE_DECODE)) {
        for (RoutingMode mode : List.of(RoutingMode.ROUTING_MODE_TOP_K, ROUTING_MODE_SAMPLED)) {
          digest.add(TensorCodec.floats(output(layer, phase, mode), "output"));
        }
      }
    }
    return digest.hex();
  }

  private Tensor output(int layer, Phase phase, RoutingMode mode) {
    MoeServiceForwardRequest request =
        MoeServiceForwardRequest.newBuilder()
            .setLayer(layer)
            .setPhase(phase)
            .setRouting(RoutingOptions.newBuilder().setMode(mode).setSeed(layer))
            .setHidden(TensorCodec.encode(rows(layer), DataType.DATA_TYPE_F32, ROWS, HIDDEN))
            .build();
    return client.moeForward(request, LIMIT).getOutput();
  }

  private static float[] rows(int layer) {
    Random random = new Random(layer);
    float[] rows = new float[ROWS * HIDDEN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    return rows;
  }

  /** Whether any answer said that an expert had to be asked for a second time. */
  boolean retried() {
    return retried.get();
  }

  private String digest(GenerateRequest request) {
    Map<Integer, BitDigest> digests = new TreeMap<>();
    try (Generation generation = client.generate(request, LIMIT)) {
      while (generation.hasNext()) {
        GenerateResponse piece = generation.next();
        add(digests.computeIfAbsent(piece.getIndex(), index -> new BitDigest()), piece);
        if (piece.getTokenIdsCount() > 0 && tokens.incrementAndGet() == interruption) {
          interrupt.run();
        }
      }
    }
    return String.join(" ", digests.values().stream().map(BitDigest::hex).toList());
  }

  private void add(BitDigest digest, GenerateResponse piece) {
    piece.getTokenIdsList().forEach(digest::add);
    for (TokenLogprob token : piece.getLogprobsList()) {
      digest.add(token.getLogprob());
      token.getTopList().forEach(top -> digest.add(top.getId()).add(top.getLogprob()));
    }
    add(digest, piece.getTrace());
  }

  private void add(BitDigest digest, RoutingTrace trace) {
    digest.add(trace.getFirstPosition()).add(trace.getTokens());
    for (LayerTrace layer : trace.getLayersList()) {
      if (layer.getRetriedList().contains(true)) {
        retried.set(true);
      }
      digest.add(layer.getLayer());
      layer.getExpertIdsList().forEach(digest::add);
      for (List<Float> values :
          List.of(
              layer.getLogitsList(),
              layer.getProbabilitiesList(),
              layer.getEntropiesList(),
              layer.getWeightsList(),
              layer.getSharesList())) {
        values.forEach(value -> digest.add((double) value));
      }
    }
    trace
        .getSummaryList()
        .forEach(
            layer -> {
              digest.add(layer.getMeanEntropy()).add(layer.getTop1Share());
              layer.getExpertTokensList().forEach(tokens -> digest.add((double) tokens));
            });
  }
}
