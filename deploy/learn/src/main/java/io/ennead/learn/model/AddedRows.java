package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.ennead.expert.architecture.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of gates that belong to new experts, and how well they tell where these are wanted.
 *
 * <p>A choice has no gradient, so the cross-entropy cannot open a gate for an expert that is not
 * chosen. The margin of a new expert's logit over the last of the model's own that are chosen can:
 * {@code softplus(-margin)} where it is wanted and {@code softplus(margin)} where not, the logistic
 * loss of "is among the k highest".
 */
final class AddedRows {
  private final Pass pass;
  private final Map<Integer, Linear> rows;
  private final float[] wanted;
  private final float[] costs;
  private final List<NDArray> losses = new ArrayList<>();

  /**
   * The rows of one pass.
   *
   * @param rows by layer
   * @param wanted 1 for each row of the pass that new experts are wanted for, else -1
   * @param cost of a row that is sent to them and should not be, where one that is not sent and
   *     should be costs 1
   */
  AddedRows(Pass pass, Map<Integer, Linear> rows, float[] wanted, float cost) {
    this.pass = pass;
    this.rows = rows;
    this.wanted = wanted;
    this.costs = new float[wanted.length];
    for (int row = 0; row < costs.length; row++) {
      costs[row] = wanted[row] > 0 ? 1 : cost;
    }
  }

  /** Those of a model without new experts. */
  static AddedRows none(Pass pass) {
    return new AddedRows(pass, Map.of(), new float[0], 0);
  }

  /**
   * Logits of a layer's experts, the new ones behind the model's own.
   *
   * @param own [rows, experts]
   * @param x [rows, hidden]
   * @param k experts that a row chooses
   */
  NDArray beside(NDArray own, int layer, NDArray x, int k) {
    Linear router = rows.get(layer);
    if (router == null) {
      return own;
    }
    NDArray added = pass.linear(x, router.weight()); // [rows, new experts]
    losses.add(loss(added, last(own, k)));
    return own.concat(added, 1);
  }

  /** The mean of the layers; empty when none has new experts. */
  Optional<NDArray> loss() {
    return losses.stream().reduce(NDArray::add).map(sum -> sum.div(pass.number(losses.size())));
  }

  private NDArray loss(NDArray added, NDArray last) {
    NDArray z = last.sub(added).mul(pass.floats(wanted, new Shape(wanted.length, 1)));
    NDArray tail = pass.number(1).add(z.abs().neg().exp()).log();
    NDArray softplus = z.maximum(pass.number(0)).add(tail); // which never overflows
    return softplus.mul(pass.floats(costs, new Shape(costs.length, 1))).mean();
  }

  /** [rows, 1], the lowest logit of each row that is among the k highest. */
  private NDArray last(NDArray own, int k) {
    long[] chosen = Experts.chosen(own, wanted.length, k);
    long[] last = new long[wanted.length];
    for (int row = 0; row < last.length; row++) {
      last[row] = chosen[row * k + k - 1];
    }
    return own.gather(pass.ids(last, new Shape(last.length, 1)), 1);
  }
}
