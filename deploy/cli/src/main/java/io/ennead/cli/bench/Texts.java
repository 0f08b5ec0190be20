package io.ennead.cli.bench;

import io.ennead.cli.html.Numbers;
import io.ennead.client.load.Arrivals;
import io.ennead.client.load.LoadPlan;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.StringJoiner;

/** Plans and times in words, the same in every locale. */
final class Texts {
  private Texts() {}

  static String millis(long nanos) {
    return Numbers.fixed(nanos / 1e6, 2);
  }

  static String arrivals(Arrivals arrivals) {
    if (arrivals instanceof Arrivals.Poisson poisson) {
      return "open loop, %s requests per second on average (Poisson)"
          .formatted(Double.toString(poisson.perSecond()).replaceAll("\\.0$", ""));
    }
    return "closed loop, %d at a time".formatted(((Arrivals.Closed) arrivals).clients());
  }

  static String lengths(LoadPlan plan) {
    return plan.promptTokens().isEmpty() || plan.tokens().isEmpty()
        ? "as the file's requests say"
        : "prompts of %s tokens, answers of %s"
            .formatted(plan.promptTokens().get(), plan.tokens().get());
  }

  static String objective(LoadPlan plan) {
    StringJoiner words = new StringJoiner(", ").setEmptyValue("none");
    plan.objective().firstToken().ifPresent(limit -> words.add("first token within " + in(limit)));
    plan.objective().perToken().ifPresent(limit -> words.add(in(limit) + " per token"));
    return words.toString();
  }

  private static String in(Duration limit) {
    BigDecimal millis = BigDecimal.valueOf(limit.toNanos(), 6);
    return millis.stripTrailingZeros().toPlainString() + " ms";
  }
}
