package io.ennead.router.api;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.GatePack;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.profile.Profiles;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Truncation;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.ExpertFailurePolicy;
import io.ennead.v1.GateInfo;
import io.ennead.v1.GateScore;
import io.ennead.v1.Model;
import io.ennead.v1.RequestBounds;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingWeights;

/** Writes what a client may know of a model as messages. */
final class ModelMessages {
  private ModelMessages() {}

  static Model model(ServedModel model) {
    ModelInfo info = model.info();
    GatePacks packs = model.moe().packs().current();
    Profiles profiles = model.profiles().get();
    return Model.newBuilder()
        .setName(info.name())
        .setFamily(info.family())
        .setFingerprint(info.fingerprint())
        .setDtype(info.dtype())
        .setContextLength(info.contextLength())
        .setVocabularySize(info.vocabularySize())
        .setHiddenSize(info.hiddenSize())
        .setLayers(info.layers())
        .addAllMoeLayers(info.moeLayers())
        .setHasChatTemplate(model.chat().isPresent())
        .setExperts(packs.width(info.experts()))
        .addAllPacks(packs.packs().stream().map(GatePack::name).toList())
        .setExpertsPerToken(info.expertsPerToken())
        .setDefaultSampling(sampling(info.defaultSampling()))
        .setGate(gate(info.gate(), model.policy()))
        .setBounds(bounds(model.policy()))
        .addAllProfiles(profiles.all().stream().map(RoutingProfile::id).toList())
        .setDefaultProfile(profiles.byDefault().id())
        .build();
  }

  private static GateInfo gate(GateConfig gate, RequestPolicy policy) {
    return GateInfo.newBuilder()
        .setScore(score(gate.score()))
        .setRenormalises(gate.renormalise() || gate.score() == GateConfig.Score.SOFTMAX_OF_CHOSEN)
        .setSelectionBias(gate.selectionBias().isPresent())
        .setGroups(gate.groups().map(GateConfig.ExpertGroups::count).orElse(0))
        .setDefaultRouting(
            routing(policy.routing(), gate.expertsPerToken()).setExpertFailure(failure(policy)))
        .build();
  }

  private static GateScore score(GateConfig.Score score) {
    return switch (score) {
      case SOFTMAX -> GateScore.GATE_SCORE_SOFTMAX;
      case SIGMOID -> GateScore.GATE_SCORE_SIGMOID;
      case SOFTMAX_OF_CHOSEN -> GateScore.GATE_SCORE_SOFTMAX_OF_CHOSEN;
    };
  }

  private static ExpertFailurePolicy failure(RequestPolicy policy) {
    ExpertFailureMode mode =
        switch (policy.failures().byDefault()) {
          case FAIL -> ExpertFailureMode.EXPERT_FAILURE_MODE_FAIL;
          case WAIT -> ExpertFailureMode.EXPERT_FAILURE_MODE_WAIT;
          case DROP -> ExpertFailureMode.EXPERT_FAILURE_MODE_DROP;
        };
    return ExpertFailurePolicy.newBuilder().setMode(mode).build();
  }

  private static io.ennead.v1.RoutingOptions.Builder routing(
      RoutingRule rule, int modelExpertsPerToken) {
    return io.ennead.v1.RoutingOptions.newBuilder()
        .setTemperature(rule.temperature())
        .setMode(
            switch (rule.mode()) {
              case TOP_K -> RoutingMode.ROUTING_MODE_TOP_K;
              case SAMPLED -> RoutingMode.ROUTING_MODE_SAMPLED;
            })
        .setExpertsPerToken(rule.expertsPerToken(modelExpertsPerToken))
        .setMinP(rule.minP())
        .setMass(
            switch (rule.mass()) {
              case PRESERVE -> RoutingMass.ROUTING_MASS_PRESERVE;
              case LITERAL -> RoutingMass.ROUTING_MASS_LITERAL;
            })
        .setWeights(
            switch (rule.weights()) {
              case SCORE -> RoutingWeights.ROUTING_WEIGHTS_SCORE;
              case UNIFORM -> RoutingWeights.ROUTING_WEIGHTS_UNIFORM;
            });
  }

  private static RequestBounds bounds(RequestPolicy policy) {
    RequestPolicy.Bounds bounds = policy.bounds();
    return RequestBounds.newBuilder()
        .setExpertsPerToken(bounds.expertsPerToken())
        .setN(bounds.continuations())
        .setTraceLevel(TraceMessages.level(bounds.traceLevel()))
        .setTraceBytes(bounds.traceBytes())
        .setScoreTokens(bounds.scoreTokens())
        .setMaxDegradedShare(policy.failures().maxDegradedShare())
        .build();
  }

  /** The defaults that generation_config.json can set. */
  private static io.ennead.v1.SamplingOptions sampling(SamplingOptions options) {
    Truncation truncation = options.truncation();
    Penalties penalties = options.penalties();
    return io.ennead.v1.SamplingOptions.newBuilder()
        .setTemperature(options.temperature().value())
        .setTopK(truncation.topK())
        .setTopP(truncation.topP())
        .setMinP(truncation.minP())
        .setTypicalP(truncation.typicalP())
        .setRepetitionPenalty(penalties.repetition())
        .setFrequencyPenalty(penalties.frequency())
        .setPresencePenalty(penalties.presence())
        .setPenaltyLastN(penalties.lastN())
        .build();
  }
}
