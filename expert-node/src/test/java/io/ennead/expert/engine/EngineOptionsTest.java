package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.ComputeType;
import org.junit.jupiter.api.Test;

class EngineOptionsTest {

  @Test
  void smallExpertsHaveSmallTilesUnlessTilesAreGiven() {
    assertTiles(options(0, 0, true).forExperts(192, 384), 4, 32);
    assertTiles(options(0, 0, true).forExperts(4096, 14_336), 8, 64);
    assertTiles(options(5, 0, true).forExperts(192, 384), 5, 32);
    assertTiles(options(0, 6, true).forExperts(4096, 14_336), 8, 6);
  }

  @Test
  void withoutFixedTilesAProductHasAsManyRowsAsThereAre() {
    assertTiles(options(5, 6, false).forExperts(192, 384), 0, 0);
  }

  private static void assertTiles(EngineOptions options, int decode, int prefill) {
    assertThat(options.rows(Tile.DECODE)).isEqualTo(decode);
    assertThat(options.rows(Tile.PREFILL)).isEqualTo(prefill);
  }

  private static EngineOptions options(int decodeTile, int prefillTile, boolean fixed) {
    return new EngineOptions("cpu", ComputeType.F32, 1, decodeTile, prefillTile, fixed);
  }
}
