package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.router.generate.TextStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** A tokenizer.json of SentencePiece's spelling, as Llama's and Mixtral's are. */
class LlamaTokenizerTest {
  private static final Path ROOT = Path.of("src/test/resources/llama-tokenizer");

  @Test
  void idsAndTextsAreTheRecordedOnes() throws IOException {
    JsonNode golden = golden();
    try (TextTokenizer tokenizer = TextTokenizer.open(ROOT)) {
      for (JsonNode one : golden.get("encodings")) {
        assertThat(tokenizer.encode(one.get("text").asText(), true)).containsExactly(ids(one));
      }
      for (JsonNode one : golden.get("decodings")) {
        assertThat(tokenizer.decode(ids(one), false)).isEqualTo(one.get("text").asText());
      }
    }
  }

  /** The whole text has lost the space in front, which belongs to a continuation. */
  @Test
  void streamedTextIsTheWholeTextWithItsLeadingSpace() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.open(ROOT)) {
      for (JsonNode one : golden().get("decodings")) {
        int[] begun = tokenizer.encode("a", true);
        String before = tokenizer.decode(begun, false);
        int[] all = Arrays.copyOf(begun, begun.length + ids(one).length);
        System.arraycopy(ids(one), 0, all, begun.length, ids(one).length);
        TextStream stream = new TextStream(tokenizer, List.of());
        StringBuilder text = new StringBuilder(before);
        for (int id : ids(one)) {
          text.append(stream.push(id));
        }
        assertThat(text.append(stream.finish()).toString()).isEqualTo(tokenizer.decode(all, false));
      }
    }
  }

  private static int[] ids(JsonNode one) {
    return StreamSupport.stream(one.get("ids").spliterator(), false)
        .mapToInt(JsonNode::intValue)
        .toArray();
  }

  private static JsonNode golden() throws IOException {
    return new ObjectMapper().readTree(ROOT.resolve("golden.json").toFile());
  }
}
