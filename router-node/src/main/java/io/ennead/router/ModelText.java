package io.ennead.router;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.router.model.ChatTemplate;
import io.ennead.router.model.TextTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a model reads and writes text.
 *
 * @param tokenizer none of its ids is beyond the model's vocabulary
 * @param chat absent when the model has no chat template
 */
record ModelText(TextTokenizer tokenizer, Optional<ChatTemplate> chat) implements AutoCloseable {
  /**
   * Reads a model directory.
   *
   * @throws IllegalArgumentException when the files are missing or do not fit the model
   */
  static ModelText open(Path modelDirectory, ModelConfig model) {
    Optional<ChatTemplate> chat;
    TextTokenizer tokenizer;
    try {
      chat = ChatTemplate.read(modelDirectory);
      tokenizer = TextTokenizer.open(modelDirectory);
    } catch (IOException e) {
      throw new IllegalArgumentException("tokenizer: " + e.getMessage(), e);
    }
    ModelText text = new ModelText(tokenizer, chat);
    try {
      text.requireIdsWithin(model.vocabularySize());
      return text;
    } catch (RuntimeException e) {
      text.close();
      throw e;
    }
  }

  /** An id beyond the embedding would fail the step of everybody. */
  private void requireIdsWithin(int vocabulary) {
    if (tokenizer.vocabularySize() > vocabulary) {
      throw new IllegalArgumentException(
          "tokenizer: %d ids (expected: at most %d, config.json's vocab_size)"
              .formatted(tokenizer.vocabularySize(), vocabulary));
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
