package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackId;
import io.ennead.expert.pack.PackManifest;
import io.ennead.expert.pack.PackSource;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertSelector;
import io.ennead.v1.LoadExpertsRequest;
import java.util.List;
import java.util.Optional;
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
      String fingerprint, List<ExpertSelector> experts, Range ids, ServedExperts served) {
    served.requireModel(fingerprint);
    if (experts.isEmpty()) {
      throw ServingException.invalidField("experts", "none", "at least one");
    }
    return experts.stream()
        .flatMap(selector -> selected(selector, ids, served))
        .sorted()
        .distinct()
        .toList();
  }

  /**
   * The pack that a request to load names.
   *
   * @throws ServingException INVALID_FIELD
   */
  static Optional<PackSource> pack(LoadExpertsRequest request, ServedExperts served) {
    if (!request.hasPack()) {
      return Optional.empty();
    }
    io.ennead.v1.PackSource pack = request.getPack();
    int own = served.model().experts();
    int last = Range.anyOf(served).to();
    long first = Integer.toUnsignedLong(pack.getFirstExpert());
    if (first < own || first > last) {
      throw ServingException.invalidField(
          "pack.first_expert", first, "%d to %d".formatted(own, last));
    }
    return Optional.of(
        new PackSource(
            new PackId(pack.getName(), pack.getVersion()), pack.getContentSha256(), (int) first));
  }

  /** Ids that a request may name, both ends included. */
  record Range(int from, int to) {
    static Range ownOf(ServedExperts served) {
      return new Range(0, served.model().experts() - 1);
    }

    static Range of(PackSource pack, ServedExperts served) {
      int last = pack.first() + PackManifest.MAX_EXPERTS - 1;
      return new Range(pack.first(), Math.min(last, anyOf(served).to()));
    }

    /** Own and from packs. */
    static Range anyOf(ServedExperts served) {
      return new Range(0, served.model().experts() + PackSource.MAX_IDS - 1);
    }
  }

  private static Stream<ExpertId> selected(
      ExpertSelector selector, Range ids, ServedExperts served) {
    long expert = Integer.toUnsignedLong(selector.getExpert());
    if (expert < ids.from() || expert > ids.to()) {
      throw ServingException.invalidField(
          "experts.expert", expert, "%d to %d".formatted(ids.from(), ids.to()));
    }
    return layers(selector, served).map(layer -> new ExpertId(layer, (int) expert));
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
