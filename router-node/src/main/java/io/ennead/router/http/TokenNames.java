package io.ennead.router.http;

import io.ennead.router.model.TextCodec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Tokens as texts, for people and as names in maps. Safe for use by several threads. */
final class TokenNames {
  private final TextCodec codec;

  TokenNames(TextCodec codec) {
    this.codec = codec;
  }

  /** Its text; a mark as the vocabulary spells it; what is no whole character as bytes:\xe2\x82. */
  String of(int id) {
    if (codec.special(id)) {
      return codec.token(id);
    }
    byte[] bytes = codec.bytes(id);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "bytes:" + HexFormat.of().withPrefix("\\x").formatHex(bytes);
    }
  }

  byte[] bytes(int id) {
    return codec.bytes(id);
  }
}
