package io.ennead.cli;

import static io.ennead.cli.SamplingFlags.ifGiven;

import io.ennead.v1.Dry;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.TokenIds;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What changes the logits before a token is drawn, as flags. */
final class LogitFlags {
  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Divide the logits of tokens that were there by R, or multiply those below 0.")
  private @Nullable Double repetition;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "F",
      description = "Take F from a token's logit for each time it was generated.")
  private @Nullable Double frequency;

  @Option(
      names = "--presence-penalty",
      paramLabel = "F",
      description = "Take F from the logit of tokens that were generated.")
  private @Nullable Double presence;

  @Option(
      names = "--penalty-last-n",
      paramLabel = "N",
      description = "Let these penalties look at the last N tokens; 0: all.")
  private @Nullable Integer lastN;

  @Option(
      names = "--dry",
      converter = SamplingConverters.ToDry.class,
      paramLabel = "MULT[,BASE[,LEN]]",
      description = "Take MULT * BASE^(length - LEN) from what prolongs a repetition (1.75, 2).")
  private @Nullable Dry dry;

  @Option(
      names = "--logit-bias",
      converter = {SamplingConverters.ToTokenId.class, TemperatureConverter.class},
      paramLabel = "ID=B",
      description = "Add B to a token's logit; -inf: never; may be given several times.")
  private Map<Integer, Double> bias = Map.of();

  @Option(
      names = "--allow-token",
      converter = SamplingConverters.ToTokenId.class,
      paramLabel = "ID",
      description = "Draw only such tokens; may be given several times.")
  private List<Integer> allowed = List.of();

  @Option(
      names = "--bad-word",
      paramLabel = "TEXT",
      description = "Do not generate this text; may be given several times.")
  private List<String> badWords = List.of();

  void write(SamplingOptions.Builder options) {
    ifGiven(repetition, options::setRepetitionPenalty);
    ifGiven(frequency, options::setFrequencyPenalty);
    ifGiven(presence, options::setPresencePenalty);
    ifGiven(lastN, options::setPenaltyLastN);
    ifGiven(dry, options::setDry);
    if (!allowed.isEmpty()) {
      options.setAllowedTokens(TokenIds.newBuilder().addAllIds(allowed));
    }
    options.putAllLogitBias(bias).addAllBadWords(badWords);
  }
}
