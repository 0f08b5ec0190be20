package io.ennead.cli.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.cli.kernels.LayerTime.Limits;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.wire.ComputeType;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerShapeTest {
  private final LayerShape shape = new LayerShape(10, 20, 4, 2);

  @Test
  void rowsGoToTheirExpertsInTurn() {
    List<Slice> slices = shape.slices(3);
    assertThat(slices).extracting(Slice::expert).containsExactly(0, 1, 2, 3);
    assertThat(slices)
        .extracting(Slice::rows)
        .containsExactly(new int[] {0, 2}, new int[] {0, 2}, new int[] {1}, new int[] {1});
    assertThat(shape.slices(1)).extracting(Slice::expert).containsExactly(0, 1);
  }

  @Test
  void workAndWeightsAreThoseOfTheExpertsThatRowsReach() {
    assertThat(shape.macs(3)).isEqualTo(3 * 2 * 3 * 10 * 20);
    assertThat(shape.weightBytes(1, ComputeType.F32)).isEqualTo(2 * 3 * 10 * 20 * 4);
    assertThat(shape.weightBytes(100, ComputeType.BF16)).isEqualTo(4 * 3 * 10 * 20 * 2);
    assertThat(shape.weightBytes(2, ComputeType.INT8)).isEqualTo(4 * 3 * 10 * 20);
  }

  @Test
  void theLimitIsTheOneThatIsReachedFirst() {
    LayerTime time = new LayerTime(1, "decode", 0.5, 100, 300, new Limits(1000, 1000));
    assertThat(time.ofMacs()).isCloseTo(0.2, within(1e-12));
    assertThat(time.ofBandwidth()).isCloseTo(0.6, within(1e-12));
    assertThat(time.ofLimit()).isEqualTo(time.ofBandwidth());
  }

  @Test
  void aRowNeedsExpertsThatThereAre() {
    assertThatThrownBy(() -> new LayerShape(10, 20, 4, 5))
        .hasMessage("experts per row: 5 (expected: 1 to 4)");
  }
}
