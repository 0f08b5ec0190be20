package io.ennead.router.console;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.generate.ModelInfo;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What never changes: the first event of the feed.
 *
 * @param score how the gate makes scores of logits: softmax, sigmoid or softmax_of_chosen
 * @param softCap c of {@code c tanh(l / c)}, which logits go through first; null: they do not
 * @param httpPort where the playground sends its requests
 * @param prompts whether requests carry the beginning of their prompts
 */
record ModelFacts(
    String name,
    String family,
    String dtype,
    String fingerprint,
    int layers,
    List<Integer> moeLayers,
    int experts,
    int expertsPerToken,
    String score,
    @Nullable Double softCap,
    int contextLength,
    int httpPort,
    boolean prompts) {

  static ModelFacts of(ModelInfo model, int httpPort, boolean prompts) {
    GateConfig gate = model.gate();
    return new ModelFacts(
        model.name(),
        model.family(),
        model.dtype(),
        model.fingerprint(),
        model.layers(),
        model.moeLayers(),
        model.experts(),
        model.expertsPerToken(),
        gate.score().name().toLowerCase(Locale.ROOT),
        gate.softCap().isPresent() ? (Double) gate.softCap().getAsDouble() : null,
        model.contextLength(),
        httpPort,
        prompts);
  }
}
