package io.ennead.router.generate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.primitives.Bytes;
import io.ennead.router.model.TextCodec;
import java.util.List;
import java.util.function.IntPredicate;

/** Tokens whose text contains one of the texts that end a repetition; see {@code sample.Dry}. */
final class RepetitionBreakers implements IntPredicate {
  private final TextCodec codec;
  private final List<byte[]> texts;

  RepetitionBreakers(TextCodec codec, List<String> texts) {
    this.codec = codec;
    this.texts = texts.stream().map(text -> text.getBytes(UTF_8)).toList();
  }

  @Override
  public boolean test(int token) {
    byte[] bytes = codec.bytes(token);
    return texts.stream().anyMatch(text -> Bytes.indexOf(bytes, text) >= 0);
  }
}
