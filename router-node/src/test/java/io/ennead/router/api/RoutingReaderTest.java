package io.ennead.router.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mass;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.RoutingRule.Weights;
import io.ennead.router.trace.TraceLevel;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.LayerTemperature;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingWeights;
import io.ennead.v1.TraceOptions;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two layers of four experts, two per token; at most three may be asked for. */
class RoutingReaderTest {
  private static final ServedModel MODEL = served(RoutingRule.MODEL);

  private static ServedModel served(RoutingRule byDefault) {
    ServedModel model =
        ApiFixture.model(
            new FakeGenerator(),
            job -> {
              throw ServingException.draining();
            },
            (layer, phase, hidden, routing, scope, observer) -> new CombinedRows(hidden, Map.of()));
    return ApiFixture.with(
        model,
        new RequestPolicy(byDefault, new RequestPolicy.Bounds(3, 1, TraceLevel.SUMMARY, 9, 9)),
        model.codec());
  }

  private static RoutingOptions read(io.ennead.v1.RoutingOptions.Builder options) {
    return RoutingReader.read(options.build(), MODEL, 5);
  }

  private static io.ennead.v1.RoutingOptions.Builder options() {
    return io.ennead.v1.RoutingOptions.newBuilder();
  }

  @Test
  void onlyProfilesThatAreThereCanBePicked() {
    assertThat(read(options().setProfile("none")).profile()).isSameAs(RoutingProfile.NONE);
    assertThatThrownBy(() -> read(options().setProfile("kind@1")))
        .hasMessage("routing.profile: kind@1 (expected: none, or one of [])");
  }

  @Test
  void nothingMeansTheRoutersDefaults() {
    assertThat(read(options())).isEqualTo(RoutingOptions.everywhere(RoutingRule.MODEL, 5));
    RoutingRule byDefault = RoutingRule.atTemperature(0.5).withMode(Mode.SAMPLED);
    assertThat(RoutingReader.read(options().build(), served(byDefault), 5))
        .isEqualTo(RoutingOptions.everywhere(byDefault, 5));
    assertThat(
            RoutingReader.read(
                options().setTemperature(1).setMode(RoutingMode.ROUTING_MODE_TOP_K).build(),
                served(byDefault),
                5))
        .isEqualTo(RoutingOptions.everywhere(RoutingRule.MODEL, 5));
  }

  @Test
  void everyOptionIsRead() {
    RoutingOptions read =
        read(
            options()
                .setTemperature(-2)
                .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
                .setExpertsPerToken(3)
                .setMinP(0.25)
                .setSeed(9)
                .setMass(RoutingMass.ROUTING_MASS_LITERAL)
                .setWeights(RoutingWeights.ROUTING_WEIGHTS_UNIFORM)
                .addExcluded(ExcludedExpert.newBuilder().setExpert(2)));
    RoutingRule rule =
        new RoutingRule(
            -2, Mode.SAMPLED, OptionalInt.of(3), 0.25, Mass.LITERAL, Weights.UNIFORM, Set.of(2));
    assertThat(read).isEqualTo(RoutingOptions.everywhere(rule, 9));
  }

  @Test
  void aLayersTemperatureAndExclusionsAreItsOwn() {
    RoutingOptions read =
        read(
            options()
                .setTemperature(2)
                .addLayerTemperatures(LayerTemperature.newBuilder().setLayer(1).setTemperature(0))
                .addExcluded(ExcludedExpert.newBuilder().setExpert(3))
                .addExcluded(ExcludedExpert.newBuilder().setLayer(0).setExpert(1)));
    assertThat(read.at(0)).isEqualTo(RoutingRule.atTemperature(2).without(Set.of(1, 3)));
    assertThat(read.at(1)).isEqualTo(RoutingRule.atTemperature(0).without(Set.of(3)));
  }

  @Test
  void otherLayersThanThoseNamedRouteAsTheModelDoes() {
    RoutingOptions read =
        RoutingReader.read(
            options().setTemperature(3).addLayers(1).build(),
            served(RoutingRule.atTemperature(0.5)),
            5);
    assertThat(read.at(0)).isEqualTo(RoutingRule.MODEL);
    assertThat(read.at(1)).isEqualTo(RoutingRule.atTemperature(3));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        bad(options().setTemperature(Double.NaN), "routing.temperature: NaN (expected: a number)"),
        bad(
            options().setModeValue(9),
            "routing.mode: 9 (expected: ROUTING_MODE_TOP_K or _SAMPLED)"),
        bad(options().setMassValue(9), "routing.mass: 9"),
        bad(options().setWeightsValue(9), "routing.weights: 9"),
        bad(options().setExpertsPerToken(0), "routing.experts_per_token: 0 (expected: 1 to 3)"),
        bad(options().setExpertsPerToken(4), "routing.experts_per_token: 4 (expected: 1 to 3)"),
        bad(options().setExpertsPerToken(-1), "routing.experts_per_token: 4294967295"),
        bad(options().setMinP(-0.1), "routing.min_p: -0.1 (expected: 0 to 1)"),
        bad(options().setMinP(1.5), "routing.min_p: 1.5"),
        bad(options().setMinP(Double.NaN), "routing.min_p: NaN"),
        bad(options().addLayers(1).addLayers(2), "routing.layers[1]: 2 (expected: one of [0, 1]"),
        bad(options().addLayers(1).addLayers(1), "routing.layers[1]: 1"),
        bad(options().addLayers(-1), "routing.layers[0]: 4294967295"),
        bad(at(2, 1), "routing.layer_temperatures[0].layer: 2 (expected: one of [0, 1])"),
        bad(at(1, Double.NaN), "routing.layer_temperatures[0].temperature: NaN"),
        bad(
            at(1, 2).addLayerTemperatures(LayerTemperature.newBuilder().setLayer(1)),
            "routing.layer_temperatures[1].layer: 1 (expected: each layer once)"),
        bad(at(1, 2).addLayers(0), "routing.layer_temperatures[0].layer: 1 (expected: one of [0])"),
        bad(without(4), "routing.excluded[0].expert: 4 (expected: 0 to 3)"),
        bad(without(-1), "routing.excluded[0].expert: 4294967295"),
        bad(
            options().addExcluded(ExcludedExpert.newBuilder().setLayer(7)),
            "routing.excluded[0].layer: 7 (expected: one of [0, 1])"),
        bad(
            without(0, 1, 3),
            "routing.excluded: leaves 1 of 4 experts of layer 0 to choose from (expected: at least the 2 chosen"),
        bad(without(new int[13]), "routing.excluded: 13 experts (expected: at most 12)"),
        bad(
            without(0, 1).setExpertsPerToken(3),
            "routing.excluded: leaves 2 of 4 experts of layer 0 to choose from (expected: at least the 3 chosen"));
  }

  private static io.ennead.v1.RoutingOptions.Builder at(int layer, double temperature) {
    return options()
        .addLayerTemperatures(
            LayerTemperature.newBuilder().setLayer(layer).setTemperature(temperature));
  }

  private static io.ennead.v1.RoutingOptions.Builder without(int... experts) {
    io.ennead.v1.RoutingOptions.Builder options = options();
    for (int expert : experts) {
      options.addExcluded(ExcludedExpert.newBuilder().setExpert(expert));
    }
    return options;
  }

  private static Arguments bad(io.ennead.v1.RoutingOptions.Builder options, String message) {
    return Arguments.of(options, message);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNotAllowedIsRefusedByFieldValueAndExpectation(
      io.ennead.v1.RoutingOptions.Builder options, String message) {
    assertThatThrownBy(() -> read(options))
        .isInstanceOf(ServingException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void tracesBeyondTheRoutersBoundAreRefused() {
    assertThatThrownBy(() -> trace(TraceOptions.newBuilder().setLevelValue(3)))
        .hasMessage(
            "trace.level: TRACE_LEVEL_FULL (expected: at most TRACE_LEVEL_SUMMARY on this router)");
    assertThatThrownBy(() -> trace(TraceOptions.newBuilder().setLevelValue(8)))
        .hasMessageStartingWith("trace.level: 8");
    assertThatThrownBy(() -> trace(TraceOptions.newBuilder().setLevelValue(2).addLayers(4)))
        .hasMessageStartingWith("trace.layers[0]: 4");
    assertThat(trace(TraceOptions.newBuilder().setLevelValue(2).addLayers(1).addLayers(0)))
        .isEqualTo(
            new io.ennead.router.trace.TraceOptions(
                TraceLevel.SUMMARY, java.util.List.of(0, 1), false, 9));
    assertThat(trace(TraceOptions.newBuilder()).level()).isEqualTo(TraceLevel.NONE);
  }

  private static io.ennead.router.trace.TraceOptions trace(TraceOptions.Builder options) {
    return TraceReader.read(options.build(), MODEL);
  }
}
