package io.ennead.cli;

import io.ennead.expert.architecture.GateConfig;
import java.util.StringJoiner;

/** A gate's formula in words. */
final class GateWords {
  private GateWords() {}

  static String of(GateConfig gate) {
    StringJoiner words = new StringJoiner(", ");
    gate.softCap().ifPresent(cap -> words.add("logits capped at " + cap + " tanh(l/" + cap + ")"));
    words.add(
        switch (gate.score()) {
          case SOFTMAX -> "softmax over all " + gate.experts();
          case SIGMOID -> "sigmoid of each of " + gate.experts();
          case SOFTMAX_OF_CHOSEN -> "logits of all " + gate.experts();
        });
    gate.selectionBias().ifPresent(bias -> words.add("a bias added for choosing only"));
    gate.groups()
        .ifPresent(
            groups ->
                words.add(
                    "the best %d of %d groups by their %d best"
                        .formatted(groups.kept(), groups.count(), groups.scored())));
    words.add("top " + gate.expertsPerToken());
    words.add(weights(gate));
    if (gate.scale() != 1) {
      words.add("times " + gate.scale());
    }
    return words.toString();
  }

  private static String weights(GateConfig gate) {
    if (gate.score() == GateConfig.Score.SOFTMAX_OF_CHOSEN) {
      return "softmax over the chosen";
    }
    return gate.renormalise() ? "renormalised" : "not renormalised";
  }
}
