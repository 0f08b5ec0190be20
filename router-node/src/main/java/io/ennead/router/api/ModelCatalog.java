package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ServedModel;
import java.util.List;
import java.util.stream.Collectors;

/** The models served, by name. Immutable. */
public final class ModelCatalog {
  private final List<ServedModel> models;

  /** A catalog of models with different names, at least one. */
  public ModelCatalog(List<ServedModel> models) {
    this.models = List.copyOf(models);
    long names = models.stream().map(model -> model.info().name()).distinct().count();
    if (models.isEmpty() || names < models.size()) {
      throw new IllegalArgumentException(
          "models: %s (expected: at least one, with different names)".formatted(names()));
    }
  }

  /** All of them, in their order. */
  public List<ServedModel> all() {
    return models;
  }

  /**
   * The model of this name; the only one when the name is empty.
   *
   * @throws ServingException MODEL_NOT_FOUND, or INVALID_FIELD when an empty name is ambiguous
   */
  public ServedModel find(String name) {
    if (name.isEmpty() && models.size() == 1) {
      return models.get(0);
    }
    if (name.isEmpty()) {
      throw ServingException.invalidField("model", "\"\"", names());
    }
    return models.stream()
        .filter(model -> model.info().name().equals(name))
        .findFirst()
        .orElseThrow(() -> ServingException.modelNotFound(name, names()));
  }

  private String names() {
    return models.stream().map(model -> model.info().name()).collect(Collectors.joining(", "));
  }
}
