package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.MixtureOfExperts;

/**
 * Routed experts: each computes its own rows, and the gate's weights carry the gradient to the
 * router. Which experts are chosen has none.
 */
final class Experts {
  private final Pass pass;
  private final AddedRows added;

  Experts(Pass pass, AddedRows added) {
    this.pass = pass;
    this.added = added;
  }

  /** x [rows, hidden] to the same shape. */
  NDArray forward(int layer, MixtureOfExperts moe, NDArray x) {
    int rows = (int) x.getShape().get(0);
    int k = moe.gate().expertsPerToken();
    NDArray logits = pass.linear(x, moe.router().weight()); // [rows, experts]
    logits = added.beside(logits, layer, x, k);
    long[] chosen = chosen(logits, rows, k); // [rows, k]
    NDArray weights = weights(logits, pass.ids(chosen, new Shape(rows, k)), moe.gate());
    Groups groups = Groups.of(chosen, moe.experts().size());
    NDList outputs = new NDList();
    for (int expert = 0; expert < moe.experts().size(); expert++) {
      long[] own = groups.rows(expert, k);
      if (own.length > 0) {
        outputs.add(Transformer.gated(pass, moe.experts().get(expert), pass.rows(x, own)));
      }
    }
    NDArray together = outputs.size() == 1 ? outputs.get(0) : NDArrays.concat(outputs);
    return pass.rows(together, groups.places())
        .reshape(rows, k, x.getShape().get(1))
        .mul(weights.expandDims(2))
        .sum(new int[] {1});
  }

  private NDArray weights(NDArray logits, NDArray chosen, GateConfig gate) {
    NDArray weights =
        switch (gate.score()) {
          case SOFTMAX -> logits.softmax(1).gather(chosen, 1);
          case SOFTMAX_OF_CHOSEN -> logits.gather(chosen, 1).softmax(1);
          case SIGMOID -> throw new IllegalArgumentException("gate: SIGMOID");
        };
    NDArray sum = gate.renormalise() ? weights.div(weights.sum(new int[] {1}, true)) : weights;
    return gate.scale() == 1 ? sum : sum.mul(pass.number(gate.scale()));
  }

  /** The k highest logits of each row, ties to the lower id, as the server's gate. */
  static long[] chosen(NDArray logits, int rows, int k) {
    double[] values = logits.toType(DataType.FLOAT64, false).toDoubleArray();
    int experts = values.length / rows;
    long[] chosen = new long[rows * k];
    for (int row = 0; row < rows; row++) {
      boolean[] taken = new boolean[experts];
      for (int slot = 0; slot < k; slot++) {
        int best = -1;
        for (int expert = 0; expert < experts; expert++) {
          boolean better =
              best < 0 || values[row * experts + expert] > values[row * experts + best];
          best = !taken[expert] && better ? expert : best;
        }
        taken[best] = true;
        chosen[row * k + slot] = best;
      }
    }
    return chosen;
  }

  /**
   * The choices grouped by expert.
   *
   * @param ends where each expert's choices end
   * @param choices indices into [rows * k], by expert and then by row
   */
  private record Groups(int[] ends, int[] choices) {
    static Groups of(long[] chosen, int experts) {
      int[] ends = new int[experts];
      int[] choices = new int[chosen.length];
      int at = 0;
      for (int expert = 0; expert < experts; expert++) {
        for (int choice = 0; choice < chosen.length; choice++) {
          if (chosen[choice] == expert) {
            choices[at++] = choice;
          }
        }
        ends[expert] = at;
      }
      return new Groups(ends, choices);
    }

    /** The rows that chose an expert. */
    long[] rows(int expert, int k) {
      int begin = expert == 0 ? 0 : ends[expert - 1];
      long[] rows = new long[ends[expert] - begin];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = choices[begin + i] / k;
      }
      return rows;
    }

    /** Where each choice's output lies among the outputs by expert. */
    long[] places() {
      long[] places = new long[choices.length];
      for (int i = 0; i < choices.length; i++) {
        places[choices[i]] = i;
      }
      return places;
    }
  }
}
