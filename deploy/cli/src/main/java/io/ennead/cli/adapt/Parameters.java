package io.ennead.cli.adapt;

import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.profile.ProfileFile;
import io.ennead.router.trace.Decisions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is learned: per layer a bias for each expert and the logarithm of a temperature, in one
 * array, layer after layer. Changed in place.
 *
 * @param values [layers, experts + 1], the logarithm last
 */
record Parameters(List<Integer> layers, int experts, double[] values) {
  static Parameters zero(Decisions like) {
    int size = like.layers().size() * (like.experts() + 1);
    return new Parameters(like.layers(), like.experts(), new double[size]);
  }

  /** Numbers of a layer. */
  int block() {
    return experts + 1;
  }

  double temperature(int place) {
    return Math.exp(values[place * block() + experts]);
  }

  double bias(int place, int expert) {
    return values[place * block() + expert];
  }

  Parameters copy() {
    return new Parameters(layers, experts, values.clone());
  }

  /** Goes a part of a way, and stays within what a profile may hold. */
  Parameters moved(double[] direction, double step, double mostBias) {
    Parameters moved = copy();
    double mostLog = Math.log(ProfileFile.MAX_TEMPERATURE);
    for (int i = 0; i < values.length; i++) {
      boolean bias = i % block() < experts;
      double most = bias ? mostBias : mostLog;
      moved.values[i] = Math.max(-most, Math.min(most, values[i] + step * direction[i]));
    }
    return moved;
  }

  Map<Integer, RoutingProfile.Layer> profile() {
    Map<Integer, RoutingProfile.Layer> all = new TreeMap<>();
    for (int place = 0; place < layers.size(); place++) {
      float[] bias = new float[experts];
      for (int expert = 0; expert < experts; expert++) {
        bias[expert] = (float) bias(place, expert);
      }
      double t = temperature(place);
      double within =
          Math.min(ProfileFile.MAX_TEMPERATURE, Math.max(1 / ProfileFile.MAX_TEMPERATURE, t));
      all.put(layers.get(place), new RoutingProfile.Layer(within, bias));
    }
    return all;
  }
}
