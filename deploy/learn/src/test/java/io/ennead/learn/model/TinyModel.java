package io.ennead.learn.model;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Students of a few numbers, and random batches for them. */
public final class TinyModel {
  /** Tokens. */
  public static final int VOCABULARY = 24;

  private TinyModel() {}

  /** A student of these experts. */
  public static ModelConfig of(int experts, int expertsPerToken) {
    try {
      Path teacher = Files.createTempDirectory("teacher");
      Path config = teacher.resolve("config.json");
      Files.writeString(
          config,
          "{\"vocab_size\": %d, \"bos_token_id\": 0, \"eos_token_id\": 1, \"max_position_embeddings\": 64}"
              .formatted(VOCABULARY));
      StudentShape shape = new StudentShape(16, 2, 4, 2, 12, experts, expertsPerToken);
      Files.writeString(config, shape.config(teacher));
      ModelConfig model = Families.read(config);
      Files.delete(config);
      Files.delete(teacher);
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Random tokens, and labels of so many of the most likely tokens (0: whole rows). */
  public static Batch batch(int sequences, int length, int top, long seed) {
    Random random = new Random(seed);
    int[][] tokens = new int[sequences][];
    List<LabelRows> labels = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      tokens[i] = random.ints(length + 1, 0, VOCABULARY).toArray();
      labels.add(labels(length, top, random));
    }
    return new Batch(tokens, labels);
  }

  /** Random distributions of descending probability over ids in a random order. */
  static LabelRows labels(int rows, int top, Random random) {
    int width = top == 0 ? VOCABULARY : top;
    int[] ids = new int[rows * top];
    float[] probabilities = new float[rows * width];
    float[] remaining = new float[top == 0 ? 0 : rows];
    for (int row = 0; row < rows; row++) {
      int first = random.nextInt(VOCABULARY);
      float left = 1;
      for (int i = 0; i < width; i++) {
        float p = i == VOCABULARY - 1 ? left : left * (0.2f + 0.3f * random.nextFloat());
        probabilities[row * width + i] = p;
        left -= p;
        if (top > 0) {
          ids[row * top + i] = (first + 5 * i) % VOCABULARY;
        }
      }
      if (top > 0) {
        remaining[row] = left;
      }
    }
    return new LabelRows(ids, probabilities, remaining);
  }
}
