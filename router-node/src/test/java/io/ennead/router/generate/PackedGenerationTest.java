package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackId;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.GatePack;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.LayerTrace;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo model with a copy of expert 3 of every layer, under id 8. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class PackedGenerationTest {
  private static final int BLOCKS = 512;
  private static final int[] PROMPT = new int[80];

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private final ActivePacks active = demo.model().packs();
  private final BatchGenerator generator =
      BatchGenerator.start(
          demo.model(),
          DemoInfo.F32,
          new ByteCodec(),
          Set.of(),
          new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true),
          new BlockPool(BLOCKS, LoadedModel.BLOCK),
          new PrometheusRegistry(),
          () -> {});
  private ExpertPack pack;

  @BeforeAll
  void load(@TempDir Path packs) {
    Arrays.setAll(PROMPT, i -> 100 + i);
    Checkpoint model = Checkpoint.open(DemoModel.DIRECTORY);
    PackId id = new PackId("twin", "1");
    String fingerprint = Fingerprints.model(model);
    Path directory = packs.resolve(id.directory());
    ExpertCopies.write(
        directory, id, model, fingerprint, new TreeMap<>(Map.of(0, 3, 1, 3, 2, 3, 3, 3)));
    pack = ExpertPack.open(directory, model.config(), fingerprint);
    demo.experts().load(pack.placed(8), pack.ids(8), progress -> {});
  }

  @AfterEach
  void none() {
    active.become(GatePacks.NONE);
  }

  @AfterAll
  void close() {
    generator.close();
    demo.close();
  }

  private GatePack gate(boolean suppressed) {
    Map<Integer, GatePack.Rows> rows = new HashMap<>();
    pack.gateRows()
        .forEach(
            (layer, own) ->
                rows.put(layer, new GatePack.Rows(own.weight(), own.bias(), own.selectionBias())));
    return new GatePack("twin@1", 8, 1, suppressed, rows);
  }

  private CollectingSink submit(RoutingOptions routing, int tokens) {
    CollectingSink sink = new CollectingSink(1);
    var unused =
        generator.submit(
            new GenerationRequest(
                "r",
                PROMPT,
                SamplingOptions.GREEDY,
                1,
                new StoppingOptions(tokens, List.of(), true),
                routing,
                OptionalInt.of(3),
                new TraceOptions(TraceLevel.FULL, List.of(0, 1, 2, 3), false, 1 << 24),
                1,
                Long.MAX_VALUE),
            sink);
    return sink;
  }

  /** Everything that a request's bits show in. */
  private static List<Object> bits(CollectingSink sink) {
    sink.end.join();
    return List.of(Arrays.toString(sink.ids()), sink.logProbs(), choices(sink.traces()));
  }

  /** By layer, however the steps divided the tokens. */
  private static Map<Integer, List<String>> choices(List<RoutingTrace> traces) {
    Map<Integer, List<String>> choices = new TreeMap<>();
    for (RoutingTrace trace : traces) {
      for (LayerTrace layer : trace.layers()) {
        List<String> own = choices.computeIfAbsent(layer.layer(), none -> new ArrayList<>());
        for (int i = 0; i < layer.experts().length; i++) {
          own.add(layer.experts()[i] + " " + layer.weights()[i]);
        }
      }
    }
    return choices;
  }

  @Test
  void aCopyThatIsSuppressedOrExcludedChangesNoBit() {
    List<Object> plain = bits(submit(RoutingOptions.DEFAULT, 24));
    active.become(GatePacks.NONE.with(gate(true)));
    assertThat(bits(submit(RoutingOptions.DEFAULT, 24))).isEqualTo(plain);
    active.become(GatePacks.NONE.with(gate(false)));
    RoutingRule without = RoutingRule.MODEL.without(Set.of(8));
    assertThat(bits(submit(RoutingOptions.everywhere(without, 0), 24))).isEqualTo(plain);
    CollectingSink chosen = submit(RoutingOptions.DEFAULT, 24);
    assertThat(bits(chosen)).isNotEqualTo(plain);
    assertThat(chosen.traces().get(0).layers().get(0).logits())
        .hasSize(9 * chosen.traces().get(0).tokens());
  }

  /** Whatever joins the batch, a request goes on with the packs that it began with. */
  @Test
  void requestsFinishWithThePacksTheyBeganWith() throws InterruptedException {
    List<Object> plain = bits(submit(RoutingOptions.DEFAULT, 60));
    GatePack twin = gate(false);
    CollectingSink before = submit(RoutingOptions.DEFAULT, 60);
    before.awaitPieces();
    active.become(GatePacks.NONE.with(twin));
    CollectingSink during = submit(RoutingOptions.DEFAULT, 200);
    during.awaitPieces();
    active.become(GatePacks.NONE);
    CollectingSink after = submit(RoutingOptions.DEFAULT, 60);
    assertThat(bits(before)).isEqualTo(plain);
    assertThat(bits(after)).isEqualTo(plain);
    active.become(GatePacks.NONE.with(twin));
    CollectingSink alone = submit(RoutingOptions.DEFAULT, 200);
    active.become(GatePacks.NONE);
    assertThat(bits(during)).isEqualTo(bits(alone));
    assertThat(active.awaitUnknown(twin, Duration.ofSeconds(30))).isTrue();
  }

  @Test
  void moreExpertsThanAreLeftWhenARequestBeginsAreRefused() {
    RoutingOptions nine = RoutingOptions.everywhere(RoutingRule.MODEL.withExpertsPerToken(9), 0);
    assertThatThrownBy(() -> submit(nine, 1))
        .hasMessage("routing.experts_per_token: 9 (expected: 1 to 8)");
    active.become(GatePacks.NONE.with(gate(false)));
    submit(nine, 1).end.join();
  }
}
