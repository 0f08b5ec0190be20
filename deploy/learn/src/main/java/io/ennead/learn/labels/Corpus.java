package io.ennead.learn.labels;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.client.EnneadClient;
import io.ennead.v1.TokenizeRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Texts of a file, one JSON object with a field "text" per line, as tokens of a model. */
public final class Corpus {
  private final Encoder encoder;

  /** A model's tokenizer. */
  @FunctionalInterface
  public interface Encoder {
    /** Ids of a text; with the special tokens that the tokenizer adds, when asked for. */
    int[] encode(String text, boolean addSpecialTokens);
  }

  /** Tokenized by this. */
  public Corpus(Encoder encoder) {
    this.encoder = encoder;
  }

  /**
   * Tokenized by a router.
   *
   * @param client stays the caller's
   * @param limit of one call
   */
  public static Corpus of(EnneadClient client, Duration limit) {
    return new Corpus(
        (text, special) -> {
          TokenizeRequest.Builder request =
              TokenizeRequest.newBuilder().setText(text).setOmitSpecialTokens(!special);
          return client.tokenize(request.build(), limit).getIdsList().stream()
              .mapToInt(id -> id)
              .toArray();
        });
  }

  /**
   * Cuts a file's texts in their order.
   *
   * @throws IOException when the file cannot be read, or a line has no text
   */
  public Sequences inOrder(Path file, int chunk, int most) throws IOException {
    return cut(texts(file), chunk, most);
  }

  /**
   * Cuts a file's texts in an order that mixes it, the same every time.
   *
   * @throws IOException when the file cannot be read, a line has no text, or no text has a chunk
   */
  public Sequences mixed(Path file, int chunk, int most) throws IOException {
    List<String> texts = texts(file);
    Collections.shuffle(texts, new Random(0));
    Sequences sequences = cut(texts, chunk, most);
    if (sequences.count() == 0) {
      throw new IOException(
          "%s: no text of %d tokens (expected: at least one, for a sequence)"
              .formatted(file, chunk));
    }
    return sequences;
  }

  private static List<String> texts(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> texts = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode text = json.readTree(line).path("text");
      if (!text.isTextual()) {
        throw new IOException(
            "%s, line %d: no text (expected: an object with a field \"text\")"
                .formatted(file, texts.size() + 1));
      }
      texts.add(text.asText());
    }
    return texts;
  }

  private Sequences cut(List<String> texts, int chunk, int most) {
    return Sequences.cut(
        encoder.encode("", true),
        () -> texts.stream().map(text -> encoder.encode(text, false)).iterator(),
        chunk,
        most);
  }
}
