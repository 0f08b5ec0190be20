package io.ennead.learn.model;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.SafetensorsWriter;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A student as a Hugging Face model directory that a cluster can serve: config.json, the teacher's
 * tokenizer, and weights in float32.
 */
public final class StudentFiles {
  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "generation_config.json");

  private final Path directory;

  private StudentFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * Writes config.json and tokenizer; a directory that has them already has them replaced.
   *
   * @param teacher directory of the teacher's model
   */
  public static StudentFiles write(Path directory, StudentShape shape, Path teacher)
      throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), shape.config(teacher));
    for (String file : TOKENIZER) {
      if (Files.exists(teacher.resolve(file))) {
        Files.copy(
            teacher.resolve(file), directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return new StudentFiles(directory);
  }

  /** The model, as the nodes read it. */
  public ModelConfig config() {
    return Families.read(directory.resolve("config.json"));
  }

  /** Writes the weights, in one move once all of them are there. */
  public void write(Weights weights) throws IOException {
    Path unfinished = directory.resolve("model.safetensors.tmp");
    Files.deleteIfExists(unfinished);
    new SafetensorsWriter(ElementType.F32)
        .write(
            unfinished,
            Weights.all(config()),
            (tensor, from, count, target) ->
                target.asFloatBuffer().put(weights.get(tensor.tensor()), (int) from, count));
    Files.move(unfinished, directory.resolve("model.safetensors"), StandardCopyOption.ATOMIC_MOVE);
  }
}
