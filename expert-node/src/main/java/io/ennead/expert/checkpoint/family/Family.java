package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.ModelConfig;

/** A family of models: what its config.json means and how its checkpoints name their tensors. */
interface Family {
  /** The model_type of config.json that selects it. */
  String modelType();

  /**
   * Describes the model.
   *
   * @throws io.ennead.expert.checkpoint.ModelFormatException when a field has a value that the
   *     family's reference does not know
   */
  ModelConfig read(ConfigFields config);
}
