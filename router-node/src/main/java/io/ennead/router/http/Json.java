package io.ennead.router.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.ennead.errors.ServingException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON of requests, which is hostile, and of answers. */
final class Json {
  private static final String BODY = "body";
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER = 64;
  private static final int MAX_NAME = 256;
  private static final int MAX_TOKENS = 1 << 18; // a tree takes many times the bytes of its text

  // Names are neither interned nor kept: they come from clients.
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER)
                          .maxNameLength(MAX_NAME)
                          .maxTokenCount(MAX_TOKENS)
                          .maxStringLength(Integer.MAX_VALUE) // the body's length bounds it
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

  private Json() {}

  /**
   * The object that a body holds.
   *
   * @throws ServingException INVALID_FIELD when it holds anything else
   */
  static ObjectNode object(byte[] body) {
    // A decoder, unlike a charset, reports what is malformed instead of replacing it.
    try (Reader reader =
        new InputStreamReader(
            new ByteArrayInputStream(body), StandardCharsets.UTF_8.newDecoder())) {
      if (MAPPER.readTree(reader) instanceof ObjectNode object) {
        return object;
      }
      throw ServingException.invalidField(BODY, "another value", "a JSON object");
    } catch (JsonProcessingException e) {
      throw ServingException.invalidField(BODY, e.getOriginalMessage(), "a JSON object");
    } catch (CharacterCodingException e) {
      throw ServingException.invalidField(BODY, "malformed characters", "UTF-8");
    } catch (IOException e) {
      throw new UncheckedIOException("a body in memory cannot be read", e);
    }
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is always JSON", e);
    }
  }

  static byte[] bytes(JsonNode node) {
    return text(node).getBytes(StandardCharsets.UTF_8);
  }

  /** A message in proto3's JSON, with the names of the .proto. */
  static String text(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("messages without Any are always JSON", e);
    }
  }
}
