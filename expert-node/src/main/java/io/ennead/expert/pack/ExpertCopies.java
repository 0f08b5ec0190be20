package io.ennead.expert.pack;

import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.checkpoint.WeightReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * A pack of copies of a model's own experts, one in each of some layers, weights and gate rows.
 * BF16 stays BF16 and everything else becomes F32, so the numbers stay the same.
 */
public final class ExpertCopies {
  private final Checkpoint model;
  private final SortedMap<Integer, Integer> experts;
  private final Map<String, Weight> sources = new HashMap<>();

  private ExpertCopies(Checkpoint model, SortedMap<Integer, Integer> experts) {
    this.model = model;
    this.experts = experts;
  }

  /**
   * Writes a pack.
   *
   * @param modelFingerprint of the model
   * @param experts id of the expert that is copied, by layer; not empty
   * @return the manifest as written
   * @throws ModelFormatException when the model has no such expert, or no place for another
   */
  public static PackManifest write(
      Path directory,
      PackId id,
      Checkpoint model,
      String modelFingerprint,
      SortedMap<Integer, Integer> experts) {
    return new ExpertCopies(model, experts).write(directory, id, modelFingerprint);
  }

  private PackManifest write(Path directory, PackId id, String modelFingerprint) {
    ModelConfig config = model.config();
    List<Integer> layers = List.copyOf(experts.keySet());
    PackLayout layout = new PackLayout(config, layers, 1);
    experts.forEach((layer, expert) -> copy(layout, layer, expert));
    ElementType expertType = expertType();
    PackManifest manifest =
        new PackManifest(
            id,
            config.family(),
            modelFingerprint,
            config.hiddenSize(),
            config.expertWidth(),
            expertType,
            layers,
            1,
            "");
    WeightReader reader = new WeightReader(model);
    return PackWriter.write(
        directory,
        manifest,
        config,
        target -> {
          Weight source = source(target);
          ElementType type = isExperts(target.tensor()) ? expertType : stored(source);
          return new PackTensor(type, sink -> reader.read(source, sink));
        });
  }

  private void copy(PackLayout layout, int layer, int expert) {
    MixtureOfExperts moe = model.config().moe(layer);
    Stream<Weight> targets =
        Stream.of(
                layout.ffn(layer, 0).weights(),
                layout.router(layer).weights(),
                layout.selectionBias(layer).stream())
            .flatMap(weights -> weights);
    Stream<Weight> own =
        Stream.of(
                moe.experts().get(expert).weights(),
                rows(moe.router(), expert),
                moe.gate().selectionBias().stream().map(bias -> bias.everyRow(expert, 1, 1)))
            .flatMap(weights -> weights);
    List<Weight> from = own.toList();
    List<Weight> to = targets.toList();
    for (int i = 0; i < to.size(); i++) {
      sources.put(to.get(i).tensor(), from.get(i));
    }
  }

  private static Stream<Weight> rows(Linear router, int expert) {
    return router.weights().map(weight -> weight.everyRow(expert, 1, 1));
  }

  private Weight source(Weight target) {
    return Objects.requireNonNull(sources.get(target.tensor()), target.tensor());
  }

  private static boolean isExperts(String target) {
    return target.contains(".experts.");
  }

  /** The gate's tensors are kept as they are; the experts' have one type, that all fit. */
  private ElementType expertType() {
    List<ElementType> types = new ArrayList<>();
    sources.forEach(
        (target, source) -> {
          if (isExperts(target)) {
            types.add(stored(source));
          }
        });
    return types.contains(ElementType.F32) ? ElementType.F32 : ElementType.BF16;
  }

  private ElementType stored(Weight source) {
    try (FloatSource open = model.open(source)) {
      return open.format().equals(ElementType.BF16.name()) ? ElementType.BF16 : ElementType.F32;
    }
  }
}
