package io.ennead.router.trace;

import io.ennead.router.moe.Gate;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.SetLikelihood;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Records the drawn choices of one continuation's generated tokens, in bounded memory: when it is
 * full, every second token goes, and from then on only every second one of those that were kept
 * until then is. Used by the generation loop's thread.
 */
public final class DecisionRecorder {
  private final Gate gate;
  private final RoutingOptions routing;
  private final List<Integer> layers;
  private final int k;
  private final int capacity; // tokens
  private final float[] pendingLogits;
  private final short[] pendingChosen;
  private float[] logits = {};
  private short[] chosen = {};
  private int stride = 1;
  private int seen;
  private int kept;

  private DecisionRecorder(Gate gate, RoutingOptions routing, List<Integer> layers, int maxBytes) {
    this.gate = gate;
    this.routing = routing;
    this.layers = layers;
    this.k = routing.at(layers.get(0)).expertsPerToken(gate.expertsPerToken());
    this.pendingLogits = new float[layers.size() * gate.experts()];
    this.pendingChosen = new short[layers.size() * k];
    this.capacity = Math.max(2, maxBytes / (4 * pendingLogits.length + 2 * pendingChosen.length));
  }

  /**
   * A recorder of the layers whose choices follow Plackett-Luce: those that draw, without min-p,
   * groups or a temperature that is not positive and finite.
   *
   * @return empty when there are none
   */
  public static Optional<DecisionRecorder> of(
      Gate gate, RoutingOptions routing, List<Integer> moeLayers, int maxBytes) {
    List<Integer> layers =
        moeLayers.stream().filter(layer -> drawn(gate, routing.at(layer))).toList();
    return layers.isEmpty()
        ? Optional.empty()
        : Optional.of(new DecisionRecorder(gate, routing, layers, maxBytes));
  }

  private static boolean drawn(Gate gate, RoutingRule rule) {
    int k = rule.expertsPerToken(gate.expertsPerToken());
    return rule.mode() == Mode.SAMPLED
        && !gate.grouped()
        && rule.minP() == 0
        && rule.temperature() > 0
        && rule.temperature() < Double.POSITIVE_INFINITY
        && k <= SetLikelihood.MAX_EXPERTS
        && k < gate.experts() - rule.excluded().size();
  }

  /**
   * What the gate decided for the next token at a layer; counts when the step succeeds ({@link
   * #commit}).
   *
   * @param all gate logits of the step, [rows, ids]: others in the step may know packs
   */
  public void routed(int layer, float[] all, Routing routed, int row) {
    int place = layers.indexOf(layer);
    if (place < 0 || seen % stride != 0) {
      return;
    }
    RoutingRule rule = routing.at(layer);
    int experts = gate.experts();
    int ids = all.length / routed.rows();
    int at = place * experts;
    for (int expert = 0; expert < experts; expert++) {
      pendingLogits[at + expert] = (float) gate.effective(all[row * ids + expert]);
    }
    for (int expert : rule.excluded()) {
      if (expert < experts) { // it may be of a pack
        pendingLogits[at + expert] = Float.NEGATIVE_INFINITY;
      }
    }
    for (int i = 0; i < k; i++) {
      pendingChosen[place * k + i] = (short) routed.experts()[row * routed.expertsPerRow() + i];
    }
  }

  /** The step succeeded: the token's choices hold. */
  public void commit() {
    if (seen % stride == 0) {
      if (kept == capacity) {
        halve();
      }
      if (seen % stride == 0) {
        append();
      }
    }
    seen++;
  }

  private void append() {
    int at = kept++;
    logits = grown(logits, kept * pendingLogits.length);
    chosen = grown(chosen, kept * pendingChosen.length);
    System.arraycopy(pendingLogits, 0, logits, at * pendingLogits.length, pendingLogits.length);
    System.arraycopy(pendingChosen, 0, chosen, at * pendingChosen.length, pendingChosen.length);
  }

  private static float[] grown(float[] array, int length) {
    return length <= array.length
        ? array
        : Arrays.copyOf(array, Math.max(length, 2 * array.length));
  }

  private static short[] grown(short[] array, int length) {
    return length <= array.length
        ? array
        : Arrays.copyOf(array, Math.max(length, 2 * array.length));
  }

  private void halve() {
    int n = pendingLogits.length;
    int m = pendingChosen.length;
    for (int i = 0; 2 * i < kept; i++) {
      System.arraycopy(logits, 2 * i * n, logits, i * n, n);
      System.arraycopy(chosen, 2 * i * m, chosen, i * m, m);
    }
    kept = (kept + 1) / 2;
    stride *= 2;
  }

  /** What was recorded; empty when nothing was. */
  public Optional<Decisions> decisions() {
    if (kept == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Decisions(
            layers,
            gate.experts(),
            k,
            layers.stream().mapToDouble(this::temperature).toArray(),
            stride,
            kept,
            Arrays.copyOf(logits, kept * pendingLogits.length),
            Arrays.copyOf(chosen, kept * pendingChosen.length)));
  }

  private double temperature(int layer) {
    RoutingProfile.Layer own = routing.profile().layers().get(layer);
    return routing.at(layer).temperature() / (own == null ? 1 : own.temperature());
  }
}
