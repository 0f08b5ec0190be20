package io.ennead.cli;

import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a scoring as flags. */
final class ScoreFlags {
  @Option(
      names = "--window",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Cut a long text into windows of N tokens (default: the model's context).")
  private @Nullable Integer window;

  @Option(
      names = "--stride",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Tokens from one window's begin to the next (default: half a window).")
  private @Nullable Integer stride;

  @Option(
      names = "--routing-temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "On the gate: 0: one expert has all the weight; inf: equal weights.")
  private @Nullable Double routingTemperature;

  /** A request in the windows that the flags say. */
  ScoreStreamRequest.Builder stream(ScoreRequest.Builder score) {
    ScoreStreamRequest.Builder request = ScoreStreamRequest.newBuilder().setScore(routed(score));
    if (window != null) {
      request.setWindow(window);
    }
    if (stride != null) {
      request.setStride(stride);
    }
    return request;
  }

  /** A request in one window of {@code length} tokens. */
  ScoreStreamRequest.Builder window(ScoreRequest.Builder score, int length) {
    if (window != null || stride != null) {
      throw new CommandException("--chunk cuts the text itself (expected: no --window, --stride)");
    }
    return ScoreStreamRequest.newBuilder().setScore(routed(score)).setWindow(Math.max(2, length));
  }

  private ScoreRequest.Builder routed(ScoreRequest.Builder score) {
    if (routingTemperature != null) {
      score.getRoutingBuilder().setTemperature(routingTemperature);
    }
    return score;
  }

  /** Temperatures as a flag gives them. */
  static final class Temperatures {
    @Option(
        names = "--temperatures",
        split = ",",
        converter = TemperatureConverter.class,
        paramLabel = "T",
        description = "Also score at these temperatures: negative ones and inf too.")
    private List<Double> values = List.of();

    List<Double> values() {
      return values;
    }
  }
}
