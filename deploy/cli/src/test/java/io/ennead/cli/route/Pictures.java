package io.ennead.cli.route;

import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GateInfo;
import io.ennead.v1.GateScore;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import java.util.ArrayList;
import java.util.List;

/** Pictures of synthetic runs. */
final class Pictures {
  private static final String TEXT =
      "<s>|The| moon| was| rising| over| the| harbour|,| and| nobody| had| lit| the| lamps|.|\n|We| "
          + "waited|;| a| gull| cried| once|,| far| out|,| and| then| the| tide| began| to| turn| "
          + "—| slow|ly|,| as| if| it| had| all| night|.| naïve| 日本|語| 😀| internationalization";

  private Pictures() {}

  static Picture of(SyntheticGate gate, int promptTokens, int tokens) {
    List<Token> texts = new ArrayList<>();
    String[] words = TEXT.split("\\|");
    for (int i = 0; i < tokens; i++) {
      texts.add(new Token(i, words[i % words.length], false));
    }
    return of(gate, promptTokens, texts, Traces.of(gate.piece(0, tokens - 1)));
  }

  static Picture of(SyntheticGate gate, int promptTokens, List<Token> tokens, Trace trace) {
    Run run =
        new Run(
            model(gate),
            GenerateRequest.getDefaultInstance(),
            tokens,
            promptTokens,
            trace,
            Finish.newBuilder()
                .setReason(FinishReason.FINISH_REASON_LENGTH)
                .setSeed(-1)
                .setRoutingSeed(42)
                .build(),
            "5f0c2a9e");
    return new Picture(run, gate.layers().get(0), comparison(gate, promptTokens - 1));
  }

  private static Model model(SyntheticGate gate) {
    return Model.newBuilder()
        .setName("demo")
        .setFamily("mixtral")
        .setDtype("f32")
        .setLayers(gate.layers().size())
        .addAllMoeLayers(gate.layers())
        .setExperts(gate.experts())
        .setExpertsPerToken(gate.k())
        .setGate(GateInfo.newBuilder().setScore(GateScore.GATE_SCORE_SOFTMAX).setRenormalises(true))
        .build();
  }

  private static Comparison comparison(SyntheticGate gate, int position) {
    return new Comparison(
        position,
        List.of(
            column(gate, position, "top-k", RoutingMode.ROUTING_MODE_TOP_K, 1),
            column(gate, position, "sampled, T = 1", RoutingMode.ROUTING_MODE_SAMPLED, 1),
            column(gate, position, "sampled, T = 0.5", RoutingMode.ROUTING_MODE_SAMPLED, 0.5),
            column(gate, position, "sampled, T = 2", RoutingMode.ROUTING_MODE_SAMPLED, 2)));
  }

  private static Comparison.Column column(
      SyntheticGate gate, int position, String name, RoutingMode mode, double temperature) {
    RoutingOptions options =
        RoutingOptions.newBuilder().setMode(mode).setTemperature(temperature).setSeed(42).build();
    return new Comparison.Column(name, Traces.of(gate.piece(0, position + 1, options)));
  }
}
