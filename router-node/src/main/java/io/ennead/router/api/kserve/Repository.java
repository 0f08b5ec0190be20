package io.ennead.router.api.kserve;

import inference.ModelConfig;
import inference.ModelMetadataResponse;
import inference.ModelTransactionPolicy;
import io.ennead.errors.ServingException;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.generate.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The models by the protocol's understanding: each language model, and each of its layers. */
final class Repository {
  /** Of every model. */
  static final String VERSION = "1";

  private static final String PLATFORM = "ennead";

  private final List<InferModel> models = new ArrayList<>();

  /** Of all that is served. With one language model its layers are named by their number alone. */
  Repository(ModelCatalog catalog, GenerationReader generations, LayerCalls calls) {
    boolean only = catalog.all().size() == 1;
    for (ServedModel served : catalog.all()) {
      String prefix = only ? "" : served.info().name() + "/";
      models.add(new TextModel(served, generations));
      for (int layer : served.info().moeLayers()) {
        models.add(new LayerModel(prefix + "moe_layer_" + layer, served.info(), layer, calls));
      }
    }
  }

  List<InferModel> all() {
    return List.copyOf(models);
  }

  /** The model of this name and version; any version when that is empty. */
  Optional<InferModel> find(String name, String version) {
    return models.stream()
        .filter(model -> model.name().equals(name))
        .filter(model -> version.isEmpty() || version.equals(VERSION))
        .findFirst();
  }

  /**
   * The same.
   *
   * @throws ServingException MODEL_NOT_FOUND
   */
  InferModel require(String name, String version) {
    return find(name, version).orElseThrow(() -> unknown(name, version));
  }

  /** There is no model of this name and version. */
  ServingException unknown(String name, String version) {
    return ServingException.modelNotFound(
        version.isEmpty() ? name : name + " version " + version,
        "version %s of %s".formatted(VERSION, names()));
  }

  private String names() {
    return models.stream().map(InferModel::name).limit(8).collect(Collectors.joining(", "));
  }

  static ModelMetadataResponse metadata(InferModel model) {
    ModelMetadataResponse.Builder response =
        ModelMetadataResponse.newBuilder()
            .setName(model.name())
            .addVersions(VERSION)
            .setPlatform(PLATFORM)
            .putAllProperties(model.properties());
    model.inputs().forEach(input -> response.addInputs(input.metadata()));
    model.outputs().forEach(output -> response.addOutputs(output.metadata()));
    return response.build();
  }

  static ModelConfig config(InferModel model) {
    ModelConfig.Builder config =
        ModelConfig.newBuilder()
            .setName(model.name())
            .setPlatform(PLATFORM)
            .setBackend(PLATFORM)
            .setModelTransactionPolicy(
                ModelTransactionPolicy.newBuilder().setDecoupled(model.decoupled()));
    model.inputs().forEach(input -> config.addInput(input.input()));
    model.outputs().forEach(output -> config.addOutput(output.output()));
    return config.build();
  }
}
