package io.ennead.cli;

import io.ennead.v1.Finish;
import java.util.Locale;

/** The line after a generated text: speed, time to the first token, seed and why it ended. */
final class Summary {
  private Summary() {}

  static String of(Finish finish) {
    return String.format(
        Locale.ROOT,
        "%d tokens in %.2f s (%.1f tokens/s), first token after %.0f ms, seed %s, ended by %s%s",
        finish.getGeneratedTokens(),
        finish.getTotalSeconds(),
        tokensPerSecond(finish),
        finish.getTimeToFirstTokenSeconds() * 1000,
        Long.toUnsignedString(finish.getSeed()),
        end(finish),
        degraded(finish));
  }

  private static String degraded(Finish finish) {
    return finish.hasDegraded()
        ? "; %d tokens lack experts %s"
            .formatted(finish.getDegraded().getTokens(), finish.getDegraded().getExpertsList())
        : "";
  }

  private static double tokensPerSecond(Finish finish) {
    return finish.getTotalSeconds() > 0
        ? finish.getGeneratedTokens() / finish.getTotalSeconds()
        : 0.0;
  }

  private static String end(Finish finish) {
    return switch (finish.getReason()) {
      case FINISH_REASON_EOS -> "the model";
      case FINISH_REASON_STOP -> "stop text " + Quoted.of(finish.getStop());
      case FINISH_REASON_LENGTH -> "length";
      case FINISH_REASON_UNSPECIFIED, UNRECOGNIZED -> "an unknown reason";
    };
  }
}
