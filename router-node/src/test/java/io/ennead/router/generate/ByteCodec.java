package io.ennead.router.generate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.router.model.TextCodec;
import java.io.ByteArrayOutputStream;

/** A tokenizer whose tokens are the 256 bytes, and 256 a special token that begins every text. */
public final class ByteCodec implements TextCodec {
  private static final int MARK = 256;

  @Override
  public int[] encodeMarked(String text) {
    return encode(text, false);
  }

  @Override
  public boolean marksEachByte() {
    return false;
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens) {
    byte[] bytes = text.getBytes(UTF_8);
    int shift = addSpecialTokens ? 1 : 0;
    int[] ids = new int[bytes.length + shift];
    for (int i = 0; i < bytes.length; i++) {
      ids[i + shift] = bytes[i] & 0xFF;
    }
    if (addSpecialTokens) {
      ids[0] = MARK;
    }
    return ids;
  }

  @Override
  public String decode(int[] ids, boolean keepSpecialTokens) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      if (keepSpecialTokens || !special(id)) {
        out.writeBytes(bytes(id));
      }
    }
    return out.toString(UTF_8);
  }

  @Override
  public byte[] bytes(int id) {
    return id == MARK ? "<s>".getBytes(UTF_8) : new byte[] {(byte) id};
  }

  @Override
  public int longestTokenBytes() {
    return "<s>".length();
  }

  @Override
  public String token(int id) {
    return id == MARK ? "<s>" : "<0x%02X>".formatted(id);
  }

  @Override
  public boolean special(int id) {
    return id == MARK;
  }
}
