package io.ennead.cli.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.v1.LayerSummary;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingTrace;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RouteTraceTest {
  private static final RoutingOptions DEFAULTS = RoutingOptions.getDefaultInstance();
  private final SyntheticGate gate = SyntheticGate.of(3, 8, 2, 5);

  @Test
  void piecesBecomeTheTraceOfTheWholeSequence() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int tokens = 1 + random.nextInt(40);
    TraceAssembly assembly = new TraceAssembly();
    for (int at = 0; at < tokens; ) {
      int size = 1 + random.nextInt(tokens - at);
      assembly.add(gate.piece(at, size).build());
      at += size;
    }
    assertSame(assembly.trace(), Traces.of(gate.piece(0, tokens)), "seed " + seed);
  }

  @Test
  void piecesMayComeInAnyOrderAndEmptyOnesChangeNothing() {
    RoutingTrace.Builder empty = RoutingTrace.newBuilder().setFirstPosition(9);
    Trace trace = Traces.of(gate.piece(4, 3), empty, gate.piece(0, 4));
    assertSame(trace, Traces.of(gate.piece(0, 7)), "");
  }

  private static void assertSame(Trace trace, Trace whole, String hint) {
    assertThat(trace.end()).as(hint).isEqualTo(whole.end());
    assertThat(trace.layerIds()).as(hint).isEqualTo(whole.layerIds());
    for (int i = 0; i < trace.layers().size(); i++) {
      for (int token = 0; token < trace.tokens(); token++) {
        LayerRoutes mine = trace.layers().get(i);
        LayerRoutes its = whole.layers().get(i);
        assertThat(mine.chosen(token)).as(hint).isEqualTo(its.chosen(token));
        assertThat(mine.entropy(token)).as(hint).isEqualTo(its.entropy(token));
        assertThat(mine.probabilities(token)).as(hint).containsExactly(array(its, token));
      }
    }
  }

  private static Double[] array(LayerRoutes routes, int token) {
    return routes.probabilities(token).boxed().toArray(Double[]::new);
  }

  @Test
  void aGapAndAnOverlapAreRefusedWithTheirPosition() {
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 4), gate.piece(5, 1)))
        .isInstanceOf(TraceException.class)
        .hasMessage("the trace goes on at position 5 (expected: 4)");
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 4), gate.piece(3, 2)))
        .hasMessage("the trace goes on at position 3 (expected: 4)");
  }

  @Test
  void aTraceWithoutThePromptBeginsWhereItDoes() {
    Trace trace = Traces.of(gate.piece(6, 2), gate.piece(8, 1));
    assertThat(trace.first()).isEqualTo(6);
    assertThat(trace.covers(5)).isFalse();
    assertThat(trace.covers(8)).isTrue();
    assertThat(trace.layers().get(1).chosen(trace.index(7)))
        .isEqualTo(Traces.of(gate.piece(7, 1)).layers().get(1).chosen(0));
  }

  @Test
  void aTruncatedTraceKeepsTheSummaryOfAllTokens() {
    RoutingTrace.Builder last =
        RoutingTrace.newBuilder().setTruncated(true).addAllSummary(gate.summary(30, DEFAULTS));
    Trace trace = Traces.of(gate.piece(0, 4), last);
    assertThat(trace.truncated()).isTrue();
    assertThat(trace.end()).isEqualTo(4);
    assertThat(trace.loads()).allMatch(load -> load.tokens() == 30);
  }

  @Test
  void aTraceOfNothingHasNoLayers() {
    Trace trace = Traces.of();
    assertThat(trace.tokens()).isZero();
    assertThat(trace.layers()).isEmpty();
  }

  @Test
  void everyPiecesNodesAreCountedInItsOwnList() {
    RoutingTrace.Builder first = gate.piece(0, 1).clearNodes().addNodes("a").addNodes("b");
    RoutingTrace.Builder second = gate.piece(1, 1).clearNodes().addNodes("b").addNodes("c");
    LayerRoutes routes = Traces.of(first, second).layers().get(0);
    assertThat(routes.chosen(0)).allMatch(choice -> choice.node().equals(even(choice) ? "a" : "b"));
    assertThat(routes.chosen(1)).allMatch(choice -> choice.node().equals(even(choice) ? "b" : "c"));
  }

  private static boolean even(Choice choice) {
    return choice.expert() % 2 == 0;
  }

  @Test
  void retriesAreKeptAndAnEmptyListMeansNone() {
    RoutingTrace.Builder second = gate.piece(1, 1);
    second.getLayersBuilder(0).addRetried(false).addRetried(true);
    LayerRoutes routes = Traces.of(gate.piece(0, 1), second).layers().get(0);
    assertThat(routes.chosen(0)).noneMatch(Choice::retried);
    assertThat(routes.chosen(1).get(1).retried()).isTrue();
  }

  @Test
  void listsOfTheWrongLengthAreRefused() {
    RoutingTrace.Builder piece = gate.piece(0, 2);
    piece.getLayersBuilder(1).addWeights(0.5f);
    assertThatThrownBy(() -> Traces.of(piece))
        .hasMessage("the trace of layer 1: weights: 5 (expected: 4)");
  }

  @Test
  void expertsAndNodesThatAreNotThereAreRefused() {
    RoutingTrace.Builder expert = gate.piece(0, 1);
    expert.getLayersBuilder(0).setExpertIds(1, 8);
    assertThatThrownBy(() -> Traces.of(expert))
        .hasMessage("the trace of layer 0: expert: 8 (expected: below 8)");
    RoutingTrace.Builder node = gate.piece(0, 1);
    node.getLayersBuilder(0).setNode(0, 3);
    assertThatThrownBy(() -> Traces.of(node))
        .hasMessage("the trace of layer 0: node: 3 (expected: below 3)");
  }

  @Test
  void piecesOfOtherLayersOrExpertsAreRefused() {
    RoutingTrace.Builder fewer = SyntheticGate.of(2, 8, 2, 5).piece(1, 1);
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 1), fewer))
        .hasMessage("layers of the trace: 2 (expected: 3)");
    RoutingTrace.Builder more = SyntheticGate.of(3, 9, 2, 5).piece(1, 1);
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 1), more))
        .hasMessage("the trace of layer 0: experts: 9 (expected: 8)");
    RoutingTrace.Builder none = RoutingTrace.newBuilder().setFirstPosition(1).setTokens(1);
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 1), none))
        .hasMessage("the trace tells of no layer at position 1");
    assertThatThrownBy(() -> Traces.of(gate.piece(0, 1).addSummary(LayerSummary.newBuilder())))
        .hasMessageContaining("summary");
  }

  @Test
  void loadsWithoutASummaryAreThoseOfAnObviousCount() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    SyntheticGate any = SyntheticGate.of(2, 4 + random.nextInt(30), 1 + random.nextInt(4), seed);
    int tokens = 1 + random.nextInt(50);
    List<LayerSummary> obvious = any.summary(tokens, DEFAULTS);
    List<LayerLoad> loads = Traces.of(any.piece(0, tokens)).loads();
    for (int i = 0; i < 2; i++) {
      LayerLoad load = loads.get(i);
      assertThat(load.expertTokens()).as("seed %d", seed).isEqualTo(list(obvious.get(i)));
      assertThat(load.tokens()).isEqualTo(tokens);
      assertThat(load.meanEntropy()).isCloseTo(obvious.get(i).getMeanEntropy(), within());
      assertThat(load.top1Share()).as("seed %d", seed).isCloseTo(top1(obvious.get(i)), within());
      assertThat(load.shares().stream().mapToDouble(s -> s).sum()).isCloseTo(1, within());
      assertThat(load.busiest()).isSortedAccordingTo((a, b) -> compare(load, a, b));
    }
  }

  private static int compare(LayerLoad load, int a, int b) {
    int byLoad = Long.compare(load.expertTokens().get(b), load.expertTokens().get(a));
    return byLoad != 0 ? byLoad : Integer.compare(a, b);
  }

  private static List<Long> list(LayerSummary summary) {
    return summary.getExpertTokensList();
  }

  private static double top1(LayerSummary summary) {
    return summary.getTop1Share();
  }

  private static Offset<Double> within() {
    return Offset.offset(1e-6);
  }

  @Test
  void expertsOfWeightZeroDoNotCountAsRun() {
    RoutingTrace.Builder piece = gate.piece(0, 1);
    LayerTrace.Builder layer = piece.getLayersBuilder(0).setWeights(0, 1).setWeights(1, 0);
    layer.setNode(1, 0);
    LayerRoutes routes = Traces.of(piece).layers().get(0);
    assertThat(routes.run(0)).hasSize(1);
    assertThat(routes.chosen(0)).hasSize(2);
    assertThat(routes.chosen(0).get(1).node()).isEmpty();
    assertThat(LayerLoad.of(routes).expertTokens().stream().mapToLong(n -> n).sum()).isEqualTo(1);
  }
}
