package io.ennead.expert.batch;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.FormulaEngine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A call of random rows and slices, and the slow way to its outputs. */
record RandomCall(int layer, Tile tile, float[] rows, List<Slice> slices) {
  private static final int HIDDEN = 3;
  private static final int EXPERTS = 5;

  static RandomCall of(int layer, Tile tile, float[] rows, List<Slice> slices) {
    return new RandomCall(layer, tile, rows, slices);
  }

  static RandomCall draw(Random random) {
    int n = 1 + random.nextInt(6);
    float[] rows = new float[n * HIDDEN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.nextInt(1000);
    }
    List<Integer> experts = new ArrayList<>(IntStream.range(0, EXPERTS).boxed().toList());
    Collections.shuffle(experts, random);
    List<Slice> slices =
        experts.subList(0, 1 + random.nextInt(EXPERTS)).stream()
            .map(expert -> new Slice(expert, random.ints(1 + random.nextInt(n), 0, n).toArray()))
            .toList();
    Tile tile = random.nextBoolean() ? Tile.DECODE : Tile.PREFILL;
    return new RandomCall(random.nextInt(3), tile, rows, slices);
  }

  RandomCall at(int layer, Tile tile) {
    return new RandomCall(layer, tile, rows, slices);
  }

  float[] expected() {
    List<Float> expected = new ArrayList<>();
    for (Slice slice : slices) {
      for (int row : slice.rows()) {
        for (int column = 0; column < HIDDEN; column++) {
          float input = rows[row * HIDDEN + column];
          expected.add(FormulaEngine.output(input, layer, tile, slice.expert()));
        }
      }
    }
    float[] values = new float[expected.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = expected.get(i);
    }
    return values;
  }
}
