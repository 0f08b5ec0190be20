package io.ennead.cli;

import io.ennead.v1.EntropyTemperature;
import io.ennead.v1.Mirostat;
import io.ennead.v1.PeriodicTemperature;
import io.ennead.v1.PiecewiseTemperature;
import io.ennead.v1.Sampler;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.Xtc;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How tokens are drawn, as flags. */
final class SamplingFlags {
  @Mixin private LogitFlags logits = new LogitFlags();

  @Option(
      names = "--temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description =
          "0: the most likely token always; inf: uniform; below 0: the unlikely become likely"
              + " (default: the model's).")
  private @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw from the K most likely tokens; 0: all.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the most likely tokens that hold probability P.")
  private @Nullable Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Draw from tokens at least P times as likely as the most likely one.")
  private @Nullable Double minP;

  @Option(
      names = "--typical-p",
      paramLabel = "P",
      description = "Draw from the tokens of the most usual surprise that hold probability P.")
  private @Nullable Double typicalP;

  @Option(
      names = "--top-n-sigma",
      paramLabel = "N",
      description = "Draw from tokens at most N standard deviations below the highest logit.")
  private @Nullable Double topNSigma;

  @Option(
      names = "--xtc",
      converter = SamplingConverters.ToXtc.class,
      paramLabel = "P,T",
      description =
          "With probability P, leave out tokens likelier than T, but for the last of them.")
  private @Nullable Xtc xtc;

  @Option(
      names = "--mirostat",
      converter = SamplingConverters.ToMirostat.class,
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "TAU,ETA",
      description = "Mirostat 2 towards a surprise of TAU bits (default: 5,0.1).")
  private @Nullable Mirostat mirostat;

  @Option(
      names = "--samplers",
      converter = SamplingConverters.ToSampler.class,
      split = ",",
      paramLabel = "NAME",
      description =
          "Order of the samplers: top_n_sigma, temperature, top_k, typical_p, top_p, min_p, xtc.")
  private List<Sampler> samplers = List.of();

  @Option(
      names = "--dynatemp",
      converter = SamplingConverters.ToEntropyTemperature.class,
      paramLabel = "RANGE[,EXP]",
      description = "Let entropy move the temperature by up to RANGE to either side.")
  private @Nullable EntropyTemperature byEntropy;

  @Option(
      names = "--temperature-steps",
      converter = SamplingConverters.ToSteps.class,
      paramLabel = "FROM=T,...",
      description = "Temperature T from the generated token FROM on, counted from 0.")
  private @Nullable PiecewiseTemperature steps;

  @Option(
      names = "--temperature-every",
      converter = SamplingConverters.ToPeriod.class,
      paramLabel = "N=T",
      description = "Temperature T for every N-th generated token.")
  private @Nullable PeriodicTemperature period;

  @Option(
      names = "--seed",
      converter = SeedConverter.class,
      paramLabel = "N",
      description = "The same seed gives the same text (default: drawn by the server).")
  private @Nullable Long seed;

  SamplingOptions options() {
    if (Stream.of(byEntropy, steps, period).filter(Objects::nonNull).count() > 1) {
      throw new CommandException(
          "give one of --dynatemp, --temperature-steps and --temperature-every");
    }
    SamplingOptions.Builder options = SamplingOptions.newBuilder();
    ifGiven(temperature, options::setTemperature);
    ifGiven(topK, options::setTopK);
    ifGiven(topP, options::setTopP);
    ifGiven(minP, options::setMinP);
    ifGiven(typicalP, options::setTypicalP);
    ifGiven(topNSigma, options::setTopNSigma);
    ifGiven(xtc, options::setXtc);
    ifGiven(mirostat, options::setMirostat);
    ifGiven(byEntropy, options::setEntropyTemperature);
    ifGiven(steps, options::setPiecewiseTemperature);
    ifGiven(period, options::setPeriodicTemperature);
    ifGiven(seed, options::setSeed);
    logits.write(options);
    return options.addAllOrder(samplers).build();
  }

  static <T> void ifGiven(@Nullable T flag, Consumer<T> field) {
    if (flag != null) {
      field.accept(flag);
    }
  }
}
