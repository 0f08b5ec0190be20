package io.ennead.cli.cluster;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.errors.ServingException;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.router.generate.BatchGenerator;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.SchedulerLimits;
import io.ennead.router.generate.StoppingOptions;
import io.ennead.router.generate.TokenSink;
import io.ennead.router.model.DecoderOptions;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextTokenizer;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.ScoredGate;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.v1.DataType;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * A fixed set of requests, run on a cluster through its front door or with everything in this
 * process; what comes out is hashed bit by bit: token ids, log-probabilities of 5 alternatives
 * each, and outputs of single layers.
 */
final class SameBits {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int REQUESTS = 16;
  private static final int TOKENS = 24;
  private static final int HIDDEN = 192;
  private static final List<Prompt> PROMPTS = prompts();

  private SameBits() {}

  /** One request: its bits must not depend on the others. */
  private record Prompt(int[] ids, double temperature, double routing, long seed) {}

  private static List<Prompt> prompts() {
    Random random = new Random(20261122);
    double[] routing = {1, 0.5, 2, 0, Double.POSITIVE_INFINITY};
    return IntStream.range(0, REQUESTS)
        .mapToObj(
            i ->
                new Prompt(
                    random.ints(1 + random.nextInt(150), 3, 4096).toArray(),
                    i % 3 == 0 ? 0 : 0.8,
                    routing[i % routing.length],
                    1000 + i))
        .toList();
  }

  /** The first requests alone, one after the other. */
  static List<String> alone(EnneadClient client, int count) {
    return PROMPTS.stream().limit(count).map(prompt -> digest(client, prompt)).toList();
  }

  /** All requests at once. */
  static List<String> together(EnneadClient client) {
    List<CompletableFuture<String>> digests = new ArrayList<>();
    for (Prompt prompt : PROMPTS) {
      digests.add(CompletableFuture.supplyAsync(() -> digest(client, prompt), SameBits::thread));
    }
    return digests.stream().map(CompletableFuture::join).toList();
  }

  private static void thread(Runnable task) {
    new Thread(task, "same-bits").start();
  }

  private static String digest(EnneadClient client, Prompt prompt) {
    BitDigest digest = new BitDigest();
    try (Generation generation = client.generate(request(prompt), LIMIT)) {
      while (generation.hasNext()) {
        GenerateResponse piece = generation.next();
        piece.getTokenIdsList().forEach(digest::add);
        for (TokenLogprob token : piece.getLogprobsList()) {
          digest.add(token.getLogprob());
          token.getTopList().forEach(top -> digest.add(top.getId()).add(top.getLogprob()));
        }
      }
    }
    return digest.hex();
  }

  private static GenerateRequest request(Prompt prompt) {
    io.ennead.v1.StoppingOptions.Builder stopping =
        io.ennead.v1.StoppingOptions.newBuilder().setMaxTokens(TOKENS).setIgnoreEos(true);
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder()
            .setTokenIds(
                TokenIds.newBuilder().addAllIds(Arrays.stream(prompt.ids()).boxed().toList()))
            .setStopping(stopping)
            .setLogprobs(5);
    request
        .getSamplingBuilder()
        .setTemperature(prompt.temperature())
        .setTopP(1)
        .setSeed(prompt.seed());
    request.getRoutingBuilder().setTemperature(prompt.routing());
    return request.build();
  }

  /** Every layer on fixed rows, in both phases, through MoeService. */
  static String layers(EnneadClient client) {
    BitDigest digest = new BitDigest();
    for (int layer = 0; layer < 4; layer++) {
      for (io.ennead.v1.Phase phase :
          List.of(io.ennead.v1.Phase.PHASE_PREFILL, io.ennead.v1.Phase.PHASE_DECODE)) {
        MoeServiceForwardRequest request =
            MoeServiceForwardRequest.newBuilder()
                .setLayer(layer)
                .setPhase(phase)
                .setHidden(TensorCodec.encode(rows(layer), DataType.DATA_TYPE_F32, 37, HIDDEN))
                .build();
        digest.add(TensorCodec.floats(client.moeForward(request, LIMIT).getOutput(), "output"));
      }
    }
    return digest.hex();
  }

  private static float[] rows(int layer) {
    Random random = new Random(layer);
    float[] rows = new float[37 * HIDDEN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    return rows;
  }

  /** The same with experts in this process and no network at all. */
  record InProcess(List<String> requests, String layers) {
    static InProcess compute(ComputeType type) {
      Checkpoint checkpoint = Checkpoint.open(DemoPlan.MODEL);
      List<Integer> all = IntStream.range(0, DemoPlan.EXPERTS).boxed().toList();
      ScoredGate gate = ScoredGate.softmax(DemoPlan.EXPERTS, 2);
      DecoderOptions options = new DecoderOptions("cpu", type, 1, 8, 64, 1024, 16);
      try (TorchExperts experts =
              TorchExperts.load(
                  checkpoint, all, new EngineOptions("cpu", type, 1, 8, 64), p -> {});
          TextTokenizer tokenizer = TextTokenizer.open(DemoPlan.MODEL);
          MoeModel model = MoeModel.load(checkpoint, options, new LocalExpertLayer(experts))) {
        MoeLayer layer =
            new MoeLayer(
                model.gateLogits(), gate, new LocalExpertLayer(experts), model.sharedExpert());
        return new InProcess(requests(model, tokenizer), layers(layer));
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private static List<String> requests(MoeModel model, TextTokenizer tokenizer) {
      ModelInfo info =
          new ModelInfo(
              "demo",
              "mixtral",
              "",
              "",
              1024,
              4096,
              HIDDEN,
              4,
              List.of(0, 1, 2, 3),
              8,
              2,
              SamplingOptions.GREEDY);
      try (BatchGenerator generator =
          BatchGenerator.start(
              model,
              info,
              tokenizer,
              Set.of(1),
              new SchedulerLimits(4, 64, 64, 256),
              new BlockPool(1024, 16),
              new PrometheusRegistry(),
              () -> {})) {
        List<DigestSink> sinks = new ArrayList<>();
        for (Prompt prompt : PROMPTS) {
          DigestSink sink = new DigestSink();
          sinks.add(sink);
          generator.submit(
              new GenerationRequest(
                  "r",
                  prompt.ids(),
                  SamplingOptions.of(prompt.temperature(), 0, 1, 0),
                  prompt.seed(),
                  new StoppingOptions(TOKENS, List.of(), true),
                  new RoutingOptions(prompt.routing(), OptionalInt.empty()),
                  OptionalInt.of(5),
                  Long.MAX_VALUE),
              sink);
        }
        return sinks.stream().map(sink -> sink.end.join()).toList();
      }
    }

    private static String layers(MoeLayer moe) {
      BitDigest digest = new BitDigest();
      for (int layer = 0; layer < 4; layer++) {
        for (Phase phase : List.of(Phase.PREFILL, Phase.DECODE)) {
          digest.add(
              moe.forward(layer, phase, rows(layer), RoutingOptions.DEFAULT, CallScope.unbounded())
                  .rows()
                  .values());
        }
      }
      return digest.hex();
    }
  }

  private static final class DigestSink implements TokenSink {
    private final CompletableFuture<String> end = new CompletableFuture<>();
    private final BitDigest digest = new BitDigest();

    @Override
    public void piece(Piece piece) {
      for (int id : piece.tokenIds()) {
        digest.add(id);
      }
      for (TokenLogProb token : piece.logprobs()) {
        digest.add(token.logProb());
        token.top().forEach(top -> digest.add(top.id()).add(top.logProb()));
      }
    }

    @Override
    public void finished(FinishInfo info) {
      end.complete(digest.hex());
    }

    @Override
    public void failed(ServingException failure) {
      end.completeExceptionally(failure);
    }
  }
}
