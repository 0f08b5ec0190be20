package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Rotary;
import io.ennead.expert.architecture.RotaryScaling;
import java.util.OptionalDouble;

/**
 * The rotary embedding, in both spellings found in the wild: rope_theta beside rope_scaling
 * (transformers 4), or all in rope_parameters (transformers 5).
 */
final class RotaryReader {
  private final ConfigFields config;

  RotaryReader(ConfigFields config) {
    this.config = config;
  }

  /** For heads of a width, of which partial_rotary_factor may turn a part. */
  Rotary read(int headDim, boolean interleaved) {
    double theta = theta();
    RotaryScaling scaling = scaling();
    double part = config.positiveNumberOr("partial_rotary_factor", 1);
    double dimensions = headDim * part;
    if (part > 1 || dimensions % 2 != 0) {
      throw config.refuse(
          "partial_rotary_factor", part, "at most 1, an even part of " + headDim + " dimensions");
    }
    return new Rotary((int) dimensions, interleaved, theta, scaling);
  }

  private double theta() {
    if (!config.has("rope_parameters")) {
      return config.positiveNumber("rope_theta");
    }
    double theta = config.object("rope_parameters").positiveNumber("rope_theta");
    if (config.has("rope_theta") && config.positiveNumber("rope_theta") != theta) {
      throw config.refuse(
          "rope_theta", config.positiveNumber("rope_theta"), theta + ", as in rope_parameters");
    }
    return theta;
  }

  private RotaryScaling scaling() {
    boolean merged = config.has("rope_parameters");
    if (merged) {
      config.requireAbsent("rope_scaling");
    }
    if (!merged && !config.has("rope_scaling")) {
      return new RotaryScaling.Unscaled();
    }
    ConfigFields rope = config.object(merged ? "rope_parameters" : "rope_scaling");
    rope.optionalPositive("rope_theta");
    RotaryScaling scaling = scaling(rope);
    rope.requireAllRead();
    return scaling;
  }

  private static RotaryScaling scaling(ConfigFields rope) {
    String key = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.text(key);
    if (rope.has("type")) { // older files have both
      rope.requireText("type", type);
    }
    return switch (type) {
      case "default" -> new RotaryScaling.Unscaled();
      case "linear" -> new RotaryScaling.Interpolated(rope.positiveNumber("factor"));
      case "yarn" -> yarn(rope);
      default -> throw rope.refuse(key, type, "default, linear or yarn");
    };
  }

  private static RotaryScaling yarn(ConfigFields rope) {
    double factor = rope.positiveNumber("factor");
    return new RotaryScaling.Yarn(
        factor,
        rope.positiveNumber("original_max_position_embeddings"),
        rope.positiveNumberOr("beta_fast", 32),
        rope.positiveNumberOr("beta_slow", 1),
        rope.flagOr("truncate", true),
        amplitude(rope, factor));
  }

  private static double amplitude(ConfigFields rope, double factor) {
    OptionalDouble given = rope.optionalPositive("attention_factor");
    OptionalDouble scale = rope.optionalPositive("mscale");
    OptionalDouble allDimensions = rope.optionalPositive("mscale_all_dim");
    if (given.isPresent()) {
      return given.getAsDouble();
    }
    if (scale.isPresent() && allDimensions.isPresent()) {
      return yarnScale(factor, scale.getAsDouble())
          / yarnScale(factor, allDimensions.getAsDouble());
    }
    return yarnScale(factor, 1);
  }

  /** YaRN's attention temperature (Peng et al. 2023, equation 22), with DeepSeek's weight m. */
  static double yarnScale(double factor, double m) {
    return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
  }
}
