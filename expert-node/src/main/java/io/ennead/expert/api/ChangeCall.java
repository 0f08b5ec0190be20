package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertSelector;
import java.util.List;
import java.util.stream.Stream;

/** The experts that a request to load or unload means. */
final class ChangeCall {
  private ChangeCall() {}

  /**
   * Checks a request against what the node serves.
   *
   * @return each expert once, by layer and id
   * @throws ServingException naming the first field that is wrong
   */
  static List<ExpertId> decode(
      String fingerprint, List<ExpertSelector> experts, ServedExperts served) {
    served.requireModel(fingerprint);
    if (experts.isEmpty()) {
      throw ServingException.invalidField("experts", "none", "at least one");
    }
    return experts.stream()
        .flatMap(selector -> selected(selector, served))
        .sorted()
        .distinct()
        .toList();
  }

  private static Stream<ExpertId> selected(ExpertSelector selector, ServedExperts served) {
    int experts = served.model().experts();
    int expert = selector.getExpert();
    if (Integer.compareUnsigned(expert, experts) >= 0) {
      throw ServingException.invalidField(
          "experts.expert", Integer.toUnsignedString(expert), "0 to " + (experts - 1));
    }
    return layers(selector, served).map(layer -> new ExpertId(layer, expert));
  }

  private static Stream<Integer> layers(ExpertSelector selector, ServedExperts served) {
    List<Integer> layers = served.model().moeLayers();
    if (!selector.hasLayer()) {
      return layers.stream();
    }
    if (!layers.contains(selector.getLayer())) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_LAYER_UNKNOWN,
          "experts.layer",
          Integer.toUnsignedString(selector.getLayer()),
          "a layer with experts");
    }
    return Stream.of(selector.getLayer());
  }
}
