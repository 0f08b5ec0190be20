package io.ennead.cli.cluster;

import static io.ennead.v1.RoutingMode.ROUTING_MODE_SAMPLED;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.DataType;
import io.ennead.v1.Dry;
import io.ennead.v1.EntropyTemperature;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.Mirostat;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingTrace;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.Tensor;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.Xtc;
import io.ennead.wire.TensorCodec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * A fixed set of requests of every kind (lengths, temperatures, routing modes, exclusions,
 * samplers, several continuations), and what a request's answer hashes to, bit by bit: text, token
 * ids, log-probabilities of five alternatives before and after the samplers, how tokens were drawn,
 * seeds, and the full trace but for the nodes that answered.
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
  private final Set<String> nodes = ConcurrentHashMap.newKeySet();
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
            .setN(i % 7 == 0 ? 3 : 1);
    request.getStoppingBuilder().setMaxTokens(TOKENS).setIgnoreEos(true);
    request.setSampling(sampling(i).setSeed(1000 + i));
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

  /** Says everything: the two kinds of router have other defaults. */
  private static SamplingOptions.Builder sampling(int i) {
    SamplingOptions.Builder sampling =
        SamplingOptions.newBuilder().setTemperature(0.8).setTopK(0).setTopP(1).setMinP(0);
    return switch (i % 9) {
      case 0, 1 -> sampling.setTemperature(0);
      case 2 -> sampling.setTopK(40).setTopP(0.9).setMinP(0.02);
      case 3 -> sampling.setMirostat(Mirostat.newBuilder());
      case 4 -> sampling.setRepetitionPenalty(1.2).setFrequencyPenalty(0.3).setPenaltyLastN(20);
      case 5 -> sampling.setDry(Dry.newBuilder().setMultiplier(1));
      case 6 -> sampling.setXtc(Xtc.newBuilder().setProbability(0.5).setThreshold(0.1));
      case 7 ->
          sampling
              .setEntropyTemperature(EntropyTemperature.newBuilder().setRange(0.4))
              .setTypicalP(0.9);
      default -> sampling.setTemperature(-1);
    };
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

  /** A text's scores with alternatives, tempered ones, a fitted temperature and the summary. */
  String scores() {
    int[] text = new Random(7).ints(300, 3, 4096).toArray();
    ScoreRequest request =
        ScoreRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(text).boxed().toList()))
            .setTop(5)
            .addTemperatures(0.5)
            .addTemperatures(-1)
            .setFitTemperature(true)
            .setRouting(RoutingOptions.newBuilder().setMode(ROUTING_MODE_SAMPLED).setSeed(7))
            .build();
    ScoreResponse response = client.score(request, LIMIT);
    return new BitDigest().add(response.toByteArray()).hex();
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

  /** Names of the nodes that computed parts of the answers. */
  Set<String> nodes() {
    return nodes;
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
    digest.add(piece.getText().getBytes(UTF_8));
    piece.getTokenIdsList().forEach(digest::add);
    for (TokenLogprob token : piece.getLogprobsList()) {
      digest.add(token.getLogprob()).add(token.getSampledLogprob());
      token.getTopList().forEach(top -> digest.add(top.getId()).add(top.getLogprob()));
      token.getSampledTopList().forEach(top -> digest.add(top.getId()).add(top.getLogprob()));
    }
    piece.getSamplingTraceList().forEach(drawn -> digest.add(drawn.toByteArray()));
    digest.add(piece.getFinish().getSeed()).add(piece.getFinish().getRoutingSeed());
    add(digest, piece.getTrace());
  }

  private void add(BitDigest digest, RoutingTrace trace) {
    digest.add(trace.getFirstPosition()).add(trace.getTokens());
    nodes.addAll(trace.getNodesList());
    for (LayerTrace layer : trace.getLayersList()) {
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
