package io.ennead.router.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.Finish;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.RoutingTrace;
import java.util.List;
import org.junit.jupiter.api.Test;

class JoinedPiecesTest {
  private final JoinedPieces pieces = new JoinedPieces();

  private static RoutingTrace trace(int first, List<String> nodes, LayerTrace... layers) {
    return RoutingTrace.newBuilder()
        .setFirstPosition(first)
        .setTokens(1)
        .addAllNodes(nodes)
        .addAllLayers(List.of(layers))
        .build();
  }

  private static LayerTrace layer(int layer, List<Integer> nodes, List<Boolean> retried) {
    return LayerTrace.newBuilder()
        .setLayer(layer)
        .setExpertsPerToken(2)
        .addAllExpertIds(List.of(layer, layer + 1))
        .addAllNode(nodes)
        .addAllRetried(retried)
        .build();
  }

  @Test
  void columnsOfLaterTokensFollowAndNodesAreCountedOverAllPieces() {
    pieces.add(
        GenerateResponse.newBuilder()
            .setTrace(
                trace(
                    3,
                    List.of("a", "b"),
                    layer(0, List.of(1, 2), List.of()),
                    layer(5, List.of(2, 0), List.of())))
            .build());
    pieces.add(
        GenerateResponse.newBuilder()
            .addTokenIds(7)
            .setText("x")
            .setTrace(
                trace(
                    4,
                    List.of("c", "a"),
                    layer(0, List.of(1, 2), List.of(true, false)),
                    layer(5, List.of(2, 2), List.of())))
            .build());
    pieces.add(
        GenerateResponse.newBuilder()
            .setText("y")
            .setFinish(Finish.newBuilder().setSeed(9))
            .build());
    GenerateResponse joined = pieces.joined();
    assertThat(joined.getText()).isEqualTo("xy");
    assertThat(joined.getTokenIdsList()).containsExactly(7);
    assertThat(joined.getFinish().getSeed()).isEqualTo(9);
    RoutingTrace trace = joined.getTrace();
    assertThat(trace.getFirstPosition()).isEqualTo(3);
    assertThat(trace.getTokens()).isEqualTo(2);
    assertThat(trace.getNodesList()).containsExactly("a", "b", "c");
    assertThat(trace.getLayersList()).extracting(LayerTrace::getLayer).containsExactly(0, 5);
    LayerTrace first = trace.getLayers(0);
    assertThat(first.getExpertIdsList()).containsExactly(0, 1, 0, 1);
    assertThat(first.getNodeList()).containsExactly(1, 2, 3, 1);
    assertThat(first.getRetriedList()).containsExactly(false, false, true, false);
    assertThat(trace.getLayers(1).getNodeList()).containsExactly(2, 0, 1, 1);
    assertThat(trace.getLayers(1).getRetriedList()).isEmpty();
  }

  @Test
  void whatWasNotTracedHasNoTrace() {
    pieces.add(GenerateResponse.newBuilder().setText("x").build());
    assertThat(pieces.joined().hasTrace()).isFalse();
  }
}
