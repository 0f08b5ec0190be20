package io.ennead.cli;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.PackId;
import io.ennead.v1.ExpertSelector;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "create",
    description =
        "Writes a pack with copies of a model's own experts, weights and gate rows, one per layer.")
final class PackCreateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--copy",
      required = true,
      converter = CopiedExpertConverter.class,
      paramLabel = "[LAYER/]EXPERT",
      description =
          "The expert to copy, of one layer or of every; may be given once for each layer.")
  private List<ExpertSelector> copies = List.of();

  @Option(names = "--name", required = true, paramLabel = "NAME", description = "The pack's name.")
  private String name = "";

  @Option(
      names = "--pack-version",
      defaultValue = "1",
      paramLabel = "VERSION",
      description = "The pack's version (default: ${DEFAULT-VALUE}).")
  private String version = "";

  @Option(
      names = "--packs",
      defaultValue = ".",
      paramLabel = "DIR",
      description = "Directory of packs, in which NAME@VERSION is made (default: the current one).")
  private Path packs = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: the bundled demo model).")
  private @Nullable Path model;

  @Override
  public Integer call() {
    PackId id = new PackId(name, version);
    Checkpoint checkpoint = Checkpoint.open(model == null ? Home.demoModel() : model);
    Path directory = packs.resolve(id.directory());
    ExpertCopies.write(
        directory, id, checkpoint, Fingerprints.model(checkpoint), experts(checkpoint.config()));
    PackWords.of(directory).print(spec.commandLine().getOut());
    return 0;
  }

  private SortedMap<Integer, Integer> experts(ModelConfig config) {
    SortedMap<Integer, Integer> experts = new TreeMap<>();
    for (ExpertSelector copy : copies) {
      require(copy.getExpert() < config.experts(), copy, "experts below " + config.experts());
      List<Integer> layers = copy.hasLayer() ? List.of(copy.getLayer()) : config.moeLayers();
      require(config.moeLayers().containsAll(layers), copy, "layers of " + config.moeLayers());
      for (int layer : layers) {
        require(experts.put(layer, copy.getExpert()) == null, copy, "each layer once");
      }
    }
    return experts;
  }

  private void require(boolean right, ExpertSelector copy, String expected) {
    if (!right) {
      String what = copy.hasLayer() ? copy.getLayer() + "/" : "";
      throw new ParameterException(
          spec.commandLine(),
          "--copy: %s%d (expected: %s)".formatted(what, copy.getExpert(), expected));
    }
  }
}
