package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * JSON of untrusted files: strict UTF-8, no duplicate keys, nothing after the value, bounded size.
 */
public final class StrictJson {
  /** The format's own limit on headers; no index or config.json comes near it. */
  static final int MAX_BYTES = 100_000_000;

  // Names are neither interned nor kept: they come from the file and may be hostile.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private StrictJson() {}

  /** Takes one JSON value apart; the parser stands before its first token. */
  public interface Visitor<T> {
    T visit(JsonParser parser) throws IOException;
  }

  /**
   * Reads a whole small file.
   *
   * @throws ModelFormatException when it is missing, too large or not one JSON value
   */
  public static <T> T parseFile(Path file, Visitor<T> visitor) {
    if (!Files.isRegularFile(file)) {
      throw ModelFormatException.of(file, "file", "missing", "a regular file");
    }
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw ModelFormatException.of(file, "bytes", size, "at most " + MAX_BYTES);
      }
      return parse(file, Files.readAllBytes(file), visitor);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  /**
   * Reads bytes of a file that are JSON.
   *
   * @param file for messages
   */
  static <T> T parse(Path file, byte[] json, Visitor<T> visitor) {
    try (Reader reader = strictUtf8(json);
        JsonParser parser = FACTORY.createParser(reader)) {
      T value = visitor.visit(parser);
      if (parser.nextToken() != null) {
        throw ModelFormatException.of(
            file, "JSON", "more after the first value", "one JSON object");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw ModelFormatException.of(file, "JSON", e.getOriginalMessage(), "valid JSON");
    } catch (CharacterCodingException e) {
      throw ModelFormatException.of(file, "JSON", "malformed characters", "UTF-8");
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  private static Reader strictUtf8(byte[] bytes) {
    // A decoder, unlike a charset, reports what is malformed instead of replacing it.
    return new InputStreamReader(
        new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder());
  }
}
