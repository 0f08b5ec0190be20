package io.ennead.expert.api;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A configuration for services that look at its sizes only. */
final class SmallModel {
  private SmallModel() {}

  static ModelConfig config(int layers, int experts, int hidden) {
    try {
      Path file = Files.createTempFile("config", ".json");
      try {
        Files.writeString(
            file,
            """
            {"model_type": "mixtral", "hidden_act": "silu", "hidden_size": %d,
             "num_hidden_layers": %d, "num_local_experts": %d, "num_attention_heads": 1,
             "head_dim": 2, "num_experts_per_tok": 2, "intermediate_size": 5, "vocab_size": 10,
             "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "rope_theta": 1e4}
            """
                .formatted(hidden, layers, experts));
        return Families.read(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
